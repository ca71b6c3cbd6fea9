//! Values come back as they were written.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, TimeDelta};
use taskhub_shared::{
    failure::FailureDetails,
    status::RuntimeStatus::{self, Running},
};

use super::subject::{Subject, at, events, next, text, updating};
use crate::{
    engine::history_event::ParentInstance,
    store::model::{OrchestrationTrace, Payloads},
};

/// Every field of a record.
pub async fn every_field_comes_back(mut subject: Subject) {
    for status in RuntimeStatus::ALL {
        let mut record = subject.record(status.as_str());
        record.version = Some("1.2".to_owned());
        record.created_at = at(1) + TimeDelta::microseconds(123_456);
        record.updated_at = at(2) + TimeDelta::microseconds(654_321);
        record.completed_at = Some(at(3));
        record.scheduled_start_at = Some(at(4));
        record.status = status;
        record.parent = Some(ParentInstance {
            instance_id: "p".to_owned(),
            execution_id: "e".to_owned(),
            name: "P".to_owned(),
            version: Some("0".to_owned()),
            task_scheduled_id: -3,
        });
        record.tags.insert("k\"".to_owned(), "v\n".to_owned());
        record.orchestration_trace =
            Some(OrchestrationTrace { span_id: Some("s".to_owned()), started_at: Some(at(5)) });
        let mut failure = FailureDetails::new("Type", "message");
        failure.inner_failure = Some(Box::new(FailureDetails::new("Inner", "")));
        failure
            .properties
            .insert("list".to_owned(), serde_json::json!([1, "two", null, {"x": 1.5}]));
        record.payloads = Payloads {
            input: Some(text("{\"a\": 1}")),
            output: Some(text("[]")),
            custom_status: Some(text("\"\"")),
            failure: Some(Arc::new(failure)),
        };
        subject.create(&record).await;
        assert_eq!(subject.stored(status.as_str()).await, Some(record));
    }
}

/// 3 MB each.
pub async fn large_payloads_come_back(mut subject: Subject) {
    let mut record = subject.record("x");
    let large = text(&format!("\"{}\"", "ä😀x".repeat(450_000)));
    record.payloads.input = Some(Arc::clone(&large));
    subject.create(&record).await;
    let mut after = next(&record, Running, 1);
    after.payloads.output = Some(large);
    subject.accept(updating(&record, &after, events(1, 1))).await;
    assert_eq!(subject.stored("x").await, Some(after));
}

/// Ids, names and payloads that databases trip over.
pub async fn any_text_comes_back(mut subject: Subject) {
    for id in [
        "😀",
        "日本語",
        "e\u{301}",
        "a b",
        "a/b\\c",
        "'; DROP TABLE instances; --",
        "\"quoted\"",
        "%_*?[",
        "\u{202E}abc",
        "\u{10FFFF}",
        " ",
        &"é".repeat(256),
    ] {
        let mut record = subject.record(id);
        record.name = format!("name of {id}");
        record.version = Some(id.to_owned());
        record.tags.insert(id.to_owned(), id.to_owned());
        record.payloads.input = Some(text(&format!("{id}\u{0}\r\n\u{FFFD}")));
        subject.create(&record).await;
        assert_eq!(subject.stored(id).await, Some(record));
        assert!(subject.loaded(id).await.is_some());
    }
}

/// No folding of case, accents or spaces.
pub async fn ids_are_told_apart_to_the_letter(mut subject: Subject) {
    let ids = ["a", "A", "a ", "á", "a\u{301}", "ａ"];
    for id in ids {
        subject.created(id).await;
    }
    for id in ids {
        assert_eq!(&*subject.stored(id).await.unwrap().instance_id, id);
    }
    let seen: BTreeSet<u64> = subject
        .list(super::subject::page(crate::store::model::Filter::default()))
        .await
        .iter()
        .map(|record| record.num)
        .collect();
    assert_eq!(seen.len(), ids.len());
}

/// Times before 1970 and after 9000.
pub async fn far_times_come_back(mut subject: Subject) {
    for (id, seconds) in [("early", -2_000_000_000), ("late", 253_402_300_799)] {
        let mut record = subject.record(id);
        record.created_at =
            DateTime::from_timestamp(seconds, 0).unwrap() - TimeDelta::microseconds(1);
        record.scheduled_start_at = Some(record.created_at);
        subject.create(&record).await;
        assert_eq!(subject.stored(id).await, Some(record));
    }
    let filter = crate::store::model::Filter::default();
    assert_eq!(subject.matching(filter).await, ["late", "early"]);
}

/// The sequence.
pub async fn numbers_rise_for_every_caller(subject: Subject) {
    let store = subject.shared();
    let take = |store: Arc<dyn crate::store::Store>| {
        std::thread::spawn(move || (0..1000).map(|_| store.sequence().next()).collect::<Vec<_>>())
    };
    let threads: Vec<_> = (0..4).map(|_| take(Arc::clone(&store))).collect();
    let mut all = BTreeSet::new();
    for thread in threads {
        let numbers = thread.join().unwrap();
        assert!(numbers.is_sorted());
        all.extend(numbers);
    }
    assert_eq!(all.len(), 4000);
}
