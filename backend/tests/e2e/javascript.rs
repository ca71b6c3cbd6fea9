//! The JavaScript SDK from npm, worker and client, in a process of its own. Its flavour for the Durable Task Scheduler is
//! not on npm.

/// Makes tests of the scenarios of a script.
macro_rules! script {
    ($script:literal: $($name:ident,)+) => {
        static SDK: std::sync::LazyLock<crate::world::Outcomes> =
            std::sync::LazyLock::new(|| {
                crate::world::Outcomes::of_node($script, crate::world::Setup::new(), &["ADDRESS"])
            });

        crate::world::scenarios! { SDK: $($name,)+ }
    };
}

/// Everyday features.
mod sdk {
    script! {
        "js/sdk.cjs":
        a_sequence_returns_its_results_in_order,
        a_hundred_activities_fan_out_and_in,
        sub_orchestrations_return_to_their_parent,
        a_timer_fires_not_before_its_time,
        an_event_wins_over_its_timeout,
        a_timeout_wins_when_no_event_comes,
        events_arrive_in_order_even_before_anybody_waits,
        continue_as_new_goes_on_to_the_end,
        a_custom_status_is_seen_while_it_runs,
        a_retry_policy_tries_again_until_it_works,
        a_retry_policy_gives_up_after_its_last_attempt,
        failure_details_reach_the_client,
        an_orchestration_may_catch_a_failure,
        suspend_holds_and_resume_lets_go,
        terminate_ends_an_instance_with_its_output,
        terminate_reaches_the_children_when_asked,
        terminate_spares_the_children_when_not_asked,
        payloads_come_back_to_the_letter,
        purge_deletes_what_has_ended,
        a_query_finds_all_pages_of_what_it_asks_for,
        a_second_start_with_one_id_is_refused_while_the_first_runs,
        what_is_unknown_has_the_codes_that_the_sdk_expects,
    }
}

/// The patterns of the SDK's documentation.
mod patterns {
    script! {
        "js/patterns.cjs":
        an_order_waits_for_its_approver,
        a_monitor_looks_until_the_job_is_done,
        an_eternal_orchestration_goes_on_until_it_is_terminated,
        a_saga_undoes_in_the_opposite_order,
        a_wait_for_all_waits_for_all_and_tells_every_failure,
        the_first_of_many_wins_and_the_others_change_nothing,
        the_failure_of_a_grandchild_reaches_the_top,
        a_child_knows_its_parent,
        an_orchestration_sends_events_to_another,
        tags_and_versions_are_kept,
        ids_made_by_an_orchestrator_are_the_same_in_every_replay,
        an_input_of_nothing_is_nothing,
        a_start_in_the_future_waits_for_its_time,
        purges_reach_children_when_asked,
        three_hundred_instances_run_side_by_side,
    }
}

/// Retry policies and custom retry handlers.
mod retries {
    script! {
        "js/retries.cjs":
        a_policy_tries_again_and_gives_up,
        pauses_grow_up_to_the_longest,
        a_timeout_ends_the_attempts,
        a_policy_may_choose_by_the_kind_of_failure,
        a_handler_decides,
        a_handler_may_choose_the_pause,
    }
}

/// Work-item filters and versions.
mod workers {
    script! {
        "js/workers.cjs":
        work_waits_for_a_worker_that_asks_for_it,
        an_activity_goes_to_the_worker_that_has_it,
        activities_without_a_version_go_with_their_orchestration,
        a_strict_worker_fails_other_versions,
        a_worker_may_take_older_versions_too,
        a_worker_may_take_all_versions,
        work_that_one_worker_rejects_goes_to_another,
    }
}

/// Durable entities and locks.
mod entities {
    script! {
        "js/entities.cjs":
        signals_of_a_client_are_done_in_order,
        calls_and_signals_from_orchestrations,
        every_call_of_a_crowd_counts_once,
        a_failed_operation_changes_nothing,
        entities_signal_each_other_and_start_orchestrations,
        empty_states_are_states,
        an_entity_may_be_deleted_and_come_again,
        a_scheduled_signal_waits_for_its_time,
        a_query_finds_all_pages_of_what_it_asks_for,
        sections_come_one_after_the_other,
        a_lock_names_its_holder_and_keeps_others_out,
        a_holder_that_is_terminated_lets_go,
        an_entity_id_without_end_is_refused,
    }
}

/// Rewind, restart, histories, lists.
mod operations {
    script! {
        "js/operations.cjs":
        rewind_does_again_only_what_failed,
        rewind_reaches_failed_children,
        rewind_is_for_failed_instances_only,
        restart_begins_anew_with_the_same_id_or_another,
        restart_refuses_the_unknown_and_the_running,
        a_history_is_told_in_order,
        ids_are_listed_by_their_end,
    }
}
