//! Settings of hubs.

use super::subject::Subject;

/// What is kept takes the place of what was, and each hub has its own.
pub async fn a_setting_takes_its_place(mut subject: Subject) {
    let hub = subject.hub().await;
    let other = subject.other_hub("Other").await;
    let store = subject.shared();
    let settings = store.settings();
    assert_eq!(settings.setting(hub, "a").await.unwrap(), None);
    for (name, text) in [("a", "1"), ("b", "2"), ("a", "3")] {
        settings.set(hub, name, text.to_owned()).await.unwrap();
    }
    settings.set(other, "a", "4".to_owned()).await.unwrap();
    for (name, text) in [("a", Some("3")), ("b", Some("2")), ("A", None)] {
        assert_eq!(settings.setting(hub, name).await.unwrap().as_deref(), text, "{name}");
    }
    store.delete_hub(other).await.unwrap();
    let again = subject.other_hub("Other").await;
    assert_eq!(store.settings().setting(again, "a").await.unwrap(), None);
    assert_eq!(store.settings().setting(hub, "a").await.unwrap().as_deref(), Some("3"));
}

/// Set, rule 1.
pub async fn settings_are_there_after_reopening(mut subject: Subject) {
    let hub = subject.hub().await;
    subject.store().settings().set(hub, "a", "1".to_owned()).await.unwrap();
    if !subject.reopen().await {
        return;
    }
    let kept = subject.store().settings().setting(hub, "a").await.unwrap();
    assert_eq!(kept.as_deref(), Some("1"));
}
