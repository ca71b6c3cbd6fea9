//! The Python SDK from the Python Package Index, worker and client, in a process of its own: with its core package, and
//! with the one for the Durable Task Scheduler, which names a task hub in every call.

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
