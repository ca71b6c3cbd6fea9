//! The clients of Durable Functions from the Python Package Index and npm, against the HTTP door and the sample worker.

use std::sync::LazyLock;

use crate::world::{Outcomes, Setup};

mod python {
    use super::{LazyLock, Outcomes, Setup};
    use crate::world::scenarios;

    static CLIENT: LazyLock<Outcomes> = LazyLock::new(|| {
        Outcomes::of_python("python/functions_client.py", Setup::with_samples(), &["ORIGIN"])
    });

    scenarios! {
        CLIENT:
        a_sequence_runs_from_start_to_status,
        the_id_and_the_input_are_those_that_were_given,
        the_history_tells_what_happened,
        an_event_reaches_its_orchestration,
        events_to_nobody_and_to_the_dead_are_refused,
        terminate_keeps_its_reason,
        suspend_and_resume,
        a_failure_is_told,
        an_unknown_instance_has_a_falsy_status,
        a_list_is_filtered,
        purge_one,
        a_second_start_with_one_id_is_refused_while_the_first_runs,
        a_wrong_id_is_refused_with_the_keys_that_the_client_reads,
        waiting_gives_the_output_or_the_links,
        the_links_lead_where_they_say,
        a_key_goes_along_as_a_password,
        rewind_takes_what_has_failed_alone,
        restart_begins_anew,
        an_entity_is_signaled_and_read,
        purge_many_by_time_and_status,
        every_method_of_the_client_was_called,
    }
}

/// One base address for all calls.
mod node_by_rpc {
    use super::{LazyLock, Outcomes, Setup};
    use crate::world::scenarios;

    static CLIENT: LazyLock<Outcomes> = LazyLock::new(|| {
        Outcomes::of_node("js/functions_client.cjs", Setup::with_samples(), &["ORIGIN", "rpc"])
    });

    scenarios! {
        CLIENT:
        a_sequence_runs_from_start_to_status,
        the_id_and_the_input_are_those_that_were_given,
        the_history_tells_what_happened,
        an_event_reaches_its_orchestration,
        terminate_keeps_its_reason,
        suspend_and_resume,
        a_failure_is_told,
        an_unknown_instance_is_an_error,
        a_list_is_filtered,
        purge_one,
        a_second_start_with_one_id_is_refused_while_the_first_runs,
        waiting_gives_the_output,
        the_links_lead_where_they_say,
        a_key_goes_along,
        rewind_takes_what_has_failed_alone,
        restart_by_its_link_begins_anew,
        an_entity_is_signaled_and_read,
        a_long_list_comes_whole,
        purge_many_by_time_and_status,
        every_method_of_the_client_was_called,
    }
}

/// The addresses of the client binding.
mod node_by_webhook {
    use super::{LazyLock, Outcomes, Setup};
    use crate::world::scenarios;

    static CLIENT: LazyLock<Outcomes> = LazyLock::new(|| {
        Outcomes::of_node("js/functions_client.cjs", Setup::with_samples(), &["ORIGIN", "webhook"])
    });

    scenarios! {
        CLIENT:
        a_sequence_runs_from_start_to_status,
        the_id_and_the_input_are_those_that_were_given,
        the_history_tells_what_happened,
        an_event_reaches_its_orchestration,
        terminate_keeps_its_reason,
        suspend_and_resume,
        a_failure_is_told,
        an_unknown_instance_is_an_error,
        a_list_is_filtered,
        purge_one,
        a_second_start_with_one_id_is_refused_while_the_first_runs,
        waiting_gives_the_output,
        the_links_lead_where_they_say,
        a_key_goes_along,
        rewind_takes_what_has_failed_alone,
        restart_by_its_link_begins_anew,
        an_entity_is_signaled_and_read,
        a_long_list_comes_whole,
        purge_many_by_time_and_status,
        every_method_of_the_client_was_called,
    }
}
