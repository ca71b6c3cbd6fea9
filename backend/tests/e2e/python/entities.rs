//! Durable entities, and what the SDK builds on them.

/// Signals, calls, state and queries.
mod operations {
    crate::world::flavours! {
        "python/entities.py":
        signals_of_a_client_are_done_in_order,
        calls_give_results,
        signals_arrive_before_a_later_call,
        every_call_of_a_crowd_counts_once,
        calls_to_many_entities_run_side_by_side,
        names_know_no_case_and_keys_do,
        an_entity_signals_another,
        an_entity_starts_an_orchestration,
        empty_states_are_states,
        an_entity_may_be_deleted_and_come_again,
        a_failed_operation_changes_nothing,
        a_failed_signal_does_not_hold_up_the_next,
        a_scheduled_signal_waits_for_its_time,
        a_query_finds_all_pages_of_what_it_asks_for,
        empty_entities_can_be_cleaned_away,
    }
}

/// Locks.
mod critical_sections {
    crate::world::flavours! {
        "python/critical_sections.py":
        transfers_in_all_directions_keep_the_sum,
        sections_of_one_entity_come_one_after_the_other,
        others_wait_until_the_lock_is_free,
        a_section_that_raises_lets_go,
        a_lock_that_is_forgotten_is_free_at_the_end,
        a_holder_that_is_terminated_lets_go,
        one_that_waits_for_a_lock_may_be_terminated_too,
        generations_take_the_lock_anew,
    }
}

/// Schedules, which the SDK keeps in entities.
mod schedules {
    crate::world::flavours! {
        "python/schedules.py":
        a_schedule_starts_its_orchestration_again_and_again,
        a_schedule_can_be_paused_changed_and_resumed,
        schedules_are_listed_by_prefix_and_status,
        the_asynchronous_client_does_the_same,
    }
}
