//! Saved views.

use taskhub_shared::view::View;

use super::subject::Subject;

fn view(name: &str, q: &str) -> View {
    let (sort, columns) = ("-updated".to_owned(), "status,input.\"a,b\"".to_owned());
    View { name: name.to_owned(), q: q.to_owned(), sort, columns }
}

/// Save, rule 1; the order of the list.
pub async fn views_come_by_name_and_take_their_place(mut subject: Subject) {
    let hub = subject.hub().await;
    let store = subject.shared();
    let views = store.views();
    assert_eq!(views.saved(hub).await.unwrap(), []);
    for (name, q) in [("b", "is:stuck"), ("é", ""), ("B", "tag:eu"), ("b", "is:root")] {
        assert!(views.save(hub, view(name, q), 10).await.unwrap());
    }
    let all = [view("B", "tag:eu"), view("b", "is:root"), view("é", "")];
    assert_eq!(views.saved(hub).await.unwrap(), all);
    assert!(views.forget(hub, "b").await.unwrap());
    assert!(!views.forget(hub, "b").await.unwrap());
    assert_eq!(views.saved(hub).await.unwrap().len(), 2);
}

/// Save, rule 2.
pub async fn a_hub_keeps_so_many_views(mut subject: Subject) {
    let hub = subject.hub().await;
    let other = subject.other_hub("Other").await;
    let store = subject.shared();
    let views = store.views();
    for name in ["a", "b"] {
        assert!(views.save(hub, view(name, ""), 2).await.unwrap());
    }
    assert!(!views.save(hub, view("c", ""), 2).await.unwrap());
    assert!(views.save(hub, view("a", "is:root"), 2).await.unwrap(), "it takes no more room");
    assert!(views.save(other, view("c", ""), 2).await.unwrap(), "each hub has its own");
    assert_eq!(views.saved(hub).await.unwrap(), [view("a", "is:root"), view("b", "")]);
    store.delete_hub(other).await.unwrap();
    let again = subject.other_hub("Other").await;
    assert_eq!(store.views().saved(again).await.unwrap(), []);
    assert_eq!(store.views().saved(hub).await.unwrap().len(), 2);
}

/// Save, rule 3.
pub async fn views_are_there_after_reopening(mut subject: Subject) {
    let hub = subject.hub().await;
    subject.store().views().save(hub, view("a", "is:root"), 2).await.unwrap();
    if !subject.reopen().await {
        return;
    }
    assert_eq!(subject.store().views().saved(hub).await.unwrap(), [view("a", "is:root")]);
}
