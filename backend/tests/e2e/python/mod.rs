//! The Python SDK from the Python Package Index, worker and client, in a process of its own: with its core package, and
//! with the one for the Durable Task Scheduler, which names a task hub in every call.

mod entities;

/// Everyday features.
mod sdk {
    crate::world::flavours! {
        "python/sdk.py":
        a_sequence_returns_its_results_in_order,
        a_hundred_activities_fan_out_and_in,
        sub_orchestrations_return_to_their_parent,
        a_timer_fires_not_before_its_time,
        an_event_wins_over_its_timeout,
        a_timeout_wins_when_no_event_comes,
        events_arrive_in_order_even_before_anybody_waits,
        an_orchestration_sends_an_event_to_another,
        continue_as_new_keeps_the_events_that_wait,
        a_custom_status_is_seen_while_it_runs,
        a_retry_policy_tries_again_until_it_works,
        a_retry_policy_gives_up_after_its_last_attempt,
        failure_details_keep_their_cause,
        an_orchestration_may_catch_a_failure,
        an_orchestrator_that_raises_fails_its_instance,
        an_unknown_orchestrator_fails_its_instance,
        suspend_holds_and_resume_lets_go,
        terminate_ends_an_instance_with_its_output,
        terminate_reaches_the_children_when_asked,
        terminate_spares_the_children_when_not_asked,
        versions_and_ids_reach_the_orchestrator,
        nothing_in_gives_nothing_out,
        payloads_come_back_to_the_letter,
        a_start_in_the_future_waits_for_its_time,
        a_start_in_the_future_can_be_terminated_before,
        purge_deletes_what_has_ended_and_nothing_else,
        a_query_finds_all_pages_of_what_it_asks_for,
        a_second_start_with_one_id_is_refused_while_the_first_runs,
        what_is_unknown_has_the_codes_that_the_sdk_expects,
    }
}

/// The patterns of the SDKs' documentation.
mod patterns {
    crate::world::flavours! {
        "python/patterns.py":
        a_small_order_needs_nobody,
        an_order_waits_for_its_approver,
        an_order_that_nobody_approves_is_canceled,
        a_monitor_looks_until_the_job_is_done,
        an_eternal_orchestration_goes_on_until_it_is_terminated,
        a_new_generation_may_have_a_new_version,
        a_saga_undoes_in_the_opposite_order,
        the_failure_of_a_grandchild_reaches_the_top,
        a_child_knows_its_parent,
        a_child_that_nobody_waits_for_ends_all_the_same,
        a_second_child_with_the_id_of_a_running_one_fails,
        timers_of_a_month_do_not_keep_an_instance,
        ids_made_by_an_orchestrator_are_the_same_in_every_replay,
        an_orchestration_may_send_an_event_to_itself,
        three_hundred_instances_run_side_by_side,
    }
}

/// Retry policies, and retries by hand.
mod retries {
    crate::world::flavours! {
        "python/retries.py":
        pauses_grow_up_to_the_longest,
        a_timeout_ends_the_attempts,
        a_child_is_tried_again,
        attempts_of_children_and_their_activities_multiply,
        an_orchestration_may_retry_by_its_own_rule,
        retries_beside_each_other_do_not_mix,
    }
}

/// Work-item filters and versions.
mod workers {
    crate::world::flavours! {
        "python/workers.py":
        work_waits_for_a_worker_that_asks_for_it,
        a_worker_may_ask_for_all_that_it_has,
        an_activity_goes_to_the_worker_that_has_it,
        work_goes_to_workers_by_its_version,
        a_strict_worker_fails_other_versions,
        a_worker_may_take_older_versions_too,
        work_that_one_worker_rejects_goes_to_another,
        an_orchestrator_may_serve_old_and_new_versions,
        default_versions_come_from_client_and_worker,
        equal_workers_share_the_work,
    }
}

/// Large payloads, up to the limits and past them.
mod payloads {
    crate::world::flavours! {
        "python/payloads.py":
        inputs_up_to_the_limit_arrive_and_larger_ones_are_refused,
        results_of_three_megabytes_arrive,
        an_event_of_three_megabytes_arrives,
        a_result_past_the_limit_is_a_failure_that_can_be_caught,
        what_is_past_a_limit_fails_and_says_why,
    }
}

/// Large payloads in a store of the user's own.
mod payload_store {
    crate::world::flavours! {
        "python/payload_store.py":
        the_server_has_tokens_only,
        histories_past_the_limit_of_messages_are_no_trouble,
        events_go_to_the_store_too,
    }
}

/// Rewind, restart, histories, lists, purges.
mod operations {
    crate::world::flavours! {
        "python/operations.py":
        rewind_does_again_only_what_failed,
        rewind_may_be_needed_twice,
        rewind_reaches_failed_children_and_spares_the_others,
        rewind_is_for_failed_instances_only,
        restart_begins_anew_under_the_same_id,
        restart_may_take_a_new_id_even_while_the_first_runs,
        restart_heals_the_failed_and_the_terminated,
        restart_refuses_the_unknown_and_the_running,
        a_history_is_told_in_order,
        a_history_larger_than_a_message_is_told_in_pieces,
        ids_are_listed_by_their_end,
        a_purge_takes_the_children_when_asked,
        an_id_is_used_again_as_its_policy_says,
        a_failure_keeps_its_details_over_a_restart_that_fails_again,
    }
}

/// The asynchronous client.
mod asyncio_client {
    crate::world::flavours! {
        "python/asyncio_client.py":
        many_waits_are_open_at_once,
        suspend_resume_and_terminate,
        a_wait_that_takes_too_long_ends_with_a_timeout,
        failures_are_told,
        queries_and_purges,
        refusals_have_their_codes,
    }
}

/// Task hubs beside each other, which only one flavour can name.
mod hubs {
    use std::sync::LazyLock;

    use crate::world::{Outcomes, Setup, scenarios};

    static HUBS: LazyLock<Outcomes> = LazyLock::new(|| {
        let names = ["default", "blue", "green"];
        let setup =
            names.iter().fold(Setup::new(), |setup, name| setup.arg("--task-hub").arg(name));
        Outcomes::of_python("python/hubs.py", setup, &["ADDRESS", "azuremanaged"])
    });

    scenarios! {
        HUBS:
        the_same_id_lives_in_every_hub,
        events_and_ends_stay_in_their_hub,
        queries_and_purges_stay_in_their_hub,
        a_purge_by_filter_takes_only_what_it_names,
        a_hub_that_nobody_serves_is_not_found,
    }
}
