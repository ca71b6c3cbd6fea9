//! What every store keeps, as tests: [`store_conformance!`](crate::store_conformance) makes one of each rule.
//!
//! A rule is an async function that takes a [`Subject`]. A new rule goes into the list below and reaches all stores.
//! The numbers in the rules' names and comments are those of [`Store`](crate::store::Store).
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a rule that is broken stops its test"
)]

pub mod commit;
pub mod conflict;
pub mod counts;
pub mod history;
pub mod hubs;
pub mod inbox;
pub mod list;
pub mod random;
pub mod read;
pub mod remove;
pub mod reopen;
mod subject;
pub mod values;

pub use subject::Subject;

/// Makes one test of each rule for the store that the expression opens as a [`Subject`].
#[macro_export]
macro_rules! store_conformance {
    ($open:expr) => {
        $crate::store_conformance! { @rules $open;
            commit:
                commits_apply_in_the_order_of_the_calls,
                a_commit_applies_whether_or_not_its_answer_is_awaited,
                a_commit_that_was_answered_is_seen_by_every_read,
                an_empty_commit_is_accepted,
                a_commit_may_hold_a_thousand_rows,
                a_commit_may_change_many_instances,
                commits_of_many_tasks_all_apply,
                a_refused_commit_leaves_nothing_behind,
                a_refused_commit_does_not_touch_its_neighbours,
                what_one_commit_creates_the_next_may_use,
                one_commit_may_create_an_instance_and_give_it_work,
                an_update_changes_the_record,
                an_update_keeps_name_and_creation,
                payloads_stay_when_they_did_not_change,
                payloads_change_and_go_when_they_did;
            conflict:
                a_taken_id,
                a_taken_id_in_the_same_commit,
                a_revision_that_is_not_the_next,
                a_status_that_is_not_the_former,
                an_update_of_nothing,
                a_message_that_is_not_there,
                a_message_that_was_consumed,
                a_task_that_is_not_there,
                a_task_that_was_done,
                an_append_after_a_gap,
                an_append_over_what_is_there,
                a_purge_of_an_active_instance,
                a_purge_of_nothing,
                a_message_for_nothing,
                a_task_for_nothing,
                a_timer_for_nothing,
                a_number_in_use;
            counts:
                counts_follow_creates_and_updates,
                counts_follow_purges,
                counts_follow_replacements,
                counts_ignore_refused_commits,
                counts_filter_by_name_and_status,
                counts_filter_by_id_and_time,
                counts_follow_many_changes_in_one_commit;
            history:
                events_are_appended_in_order,
                every_kind_of_event_comes_back,
                a_cleared_history_begins_at_one,
                pages_follow_each_other,
                a_history_of_nothing_is_absent;
            hubs:
                a_name_is_one_hub_in_any_case,
                hubs_do_not_see_each_other,
                the_same_id_lives_in_two_hubs,
                another_hub_cannot_change_an_instance,
                another_hub_cannot_use_its_rows_up,
                what_is_outstanding_is_that_of_one_hub;
            inbox:
                messages_come_in_the_order_of_their_numbers,
                consumed_and_dropped_messages_are_gone,
                what_is_dropped_may_be_gone_already,
                tasks_are_outstanding_until_they_are_done,
                timers_are_outstanding_until_they_are_done,
                instances_with_messages_come_oldest_first,
                tasks_and_timers_come_back_whole;
            list:
                the_newest_come_first,
                equal_times_are_ordered_by_number,
                newer_pages_are_oldest_first,
                the_position_is_not_part_of_the_page,
                pages_show_every_instance_once,
                pages_stay_true_while_rows_go,
                a_status_filter_takes_any_of_its_statuses,
                names_match_whole_or_by_their_beginning,
                ids_match_by_their_beginning,
                times_are_from_inclusive_to_exclusive,
                all_conditions_must_hold,
                payloads_come_only_when_asked_for,
                a_limit_is_kept;
            random:
                random_commits_are_answered_as_by_the_reference;
            read:
                nothing_is_read_of_what_is_not_there,
                instances_are_loaded_in_the_order_asked_for,
                an_ended_instance_is_loaded_without_its_history,
                an_instance_has_its_payloads,
                the_store_answers_a_ping,
                reads_see_whole_commits_while_others_write;
            remove:
                a_purge_takes_everything_along,
                a_replacement_takes_everything_along,
                a_replacement_of_nothing_is_a_start,
                an_active_instance_may_be_replaced,
                a_purged_id_is_free_in_the_same_commit,
                a_purged_id_may_be_used_again;
            reopen:
                everything_is_there_after_reopening,
                the_sequence_goes_on_above_what_is_stored,
                a_hub_keeps_its_number,
                the_fence_holds_after_reopening;
            values:
                every_field_comes_back,
                large_payloads_come_back,
                any_text_comes_back,
                ids_are_told_apart_to_the_letter,
                far_times_come_back,
                numbers_rise_for_every_caller,
        }
    };
    (@rules $open:expr; $($topic:ident: $($rule:ident),+ $(,)?);+) => {
        $(
            mod $topic {
                #[allow(unused_imports, reason = "the expression may need nothing of its module")]
                use super::*;
                $(
                    #[tokio::test]
                    async fn $rule() {
                        $crate::store::conformance::$topic::$rule($open).await;
                    }
                )+
            }
        )+
    };
}
