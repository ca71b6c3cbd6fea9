"""Task hubs beside each other in one server. The azuremanaged flavour names its hub in every call."""

from datetime import datetime, timedelta, timezone

import grpc
from durabletask import client

from connection import Status, leave, new_client, new_worker
from scenarios import eventually, raises, run_all, scenario

HUBS = ["default", "blue", "green"]
clients = {name: new_client(taskhub=name) for name in HUBS}


def says(name):
    def Teller(ctx, _):
        return name
    return Teller


def Waiter(ctx, _):
    return (yield ctx.wait_for_external_event("Go"))


def output(name, instance_id):
    state = clients[name].wait_for_orchestration_completion(instance_id, timeout=60)
    assert state.runtime_status == Status.COMPLETED, state
    return state.get_output()


@scenario
def the_same_id_lives_in_every_hub():
    for hub in clients.values():
        hub.schedule_new_orchestration("Teller", instance_id="same")
    assert [output(name, "same") for name in HUBS] == HUBS


@scenario
def events_and_ends_stay_in_their_hub():
    for hub in clients.values():
        hub.schedule_new_orchestration("Waiter", instance_id="waiter")
        hub.wait_for_orchestration_start("waiter", timeout=60)
    clients["blue"].raise_orchestration_event("waiter", "Go", data="blue only")
    assert output("blue", "waiter") == "blue only"
    clients["green"].terminate_orchestration("waiter")
    eventually(lambda: clients["green"].get_orchestration_state("waiter").runtime_status,
               lambda status: status == Status.TERMINATED)
    assert clients["default"].get_orchestration_state("waiter").runtime_status == Status.RUNNING


@scenario
def queries_and_purges_stay_in_their_hub():
    for number in range(3):
        clients["blue"].schedule_new_orchestration("Teller", instance_id=f"only-blue-{number}")
        output("blue", f"only-blue-{number}")
    query = client.OrchestrationQuery(instance_id_prefix="only-blue")
    assert [len(clients[name].get_all_orchestration_states(query)) for name in HUBS] == [0, 3, 0]
    assert clients["green"].purge_orchestration("only-blue-0").deleted_instance_count == 0
    assert clients["blue"].purge_orchestration("only-blue-0").deleted_instance_count == 1


@scenario
def a_purge_by_filter_takes_only_what_it_names():
    mine = {name: [f"purged-{number}" for number in range(3)] for name in ["blue", "default"]}
    for name, ids in mine.items():
        for instance_id in ids:
            clients[name].schedule_new_orchestration("Waiter", instance_id=instance_id)
            clients[name].wait_for_orchestration_start(instance_id, timeout=60)
        for instance_id in ids[:2]:
            clients[name].terminate_orchestration(instance_id)
            clients[name].wait_for_orchestration_completion(instance_id, timeout=60)
    hub, hour = clients["blue"], timedelta(hours=1)
    now = datetime.now(timezone.utc)
    for nothing in [{"created_time_from": now + hour}, {"created_time_to": now - hour}]:
        assert hub.purge_orchestrations_by(runtime_status=[Status.TERMINATED], **nothing).deleted_instance_count == 0
    everything = {"created_time_from": now - hour, "created_time_to": now + hour}
    assert hub.purge_orchestrations_by(runtime_status=[Status.TERMINATED], **everything).deleted_instance_count == 2
    for name, left in [("blue", [False, False, True]), ("default", [True, True, True])]:
        assert [clients[name].get_orchestration_state(i) is not None for i in mine[name]] == left, name


@scenario
def a_hub_that_nobody_serves_is_not_found():
    refused = raises(grpc.RpcError, lambda: new_client(taskhub="red").schedule_new_orchestration("Teller"))
    assert refused.code() == grpc.StatusCode.NOT_FOUND, refused


for name in HUBS:
    new_worker([says(name), Waiter], taskhub=name).start()
leave(run_all())
