"""Large payloads in a store of the user's own: clients and workers that have it send tokens instead."""

import uuid

from durabletask import task
from durabletask.payload.store import LargePayloadStorageOptions, PayloadStore

from connection import Status, hub, new_client, new_id, play
from scenarios import scenario

LARGE = "y" * (6 << 20)


class Shelf(PayloadStore):
    """Keeps payloads in memory."""

    options = LargePayloadStorageOptions(threshold_bytes=1_000, enable_compression=False)

    def __init__(self):
        self.kept = {}

    def upload(self, data, *, instance_id=None):
        token = f"shelf:{uuid.uuid4().hex}"
        self.kept[token] = data
        return token

    async def upload_async(self, data, *, instance_id=None):
        return self.upload(data, instance_id=instance_id)

    def download(self, token):
        return self.kept[token]

    async def download_async(self, token):
        return self.download(token)

    def is_known_token(self, value):
        return value.startswith("shelf:")


shelf = Shelf()
rich = new_client(payload_store=shelf)


def echo(ctx, text):
    return text


def filled(_, count):
    return "x" * count


def many_large(ctx, counts):
    texts = yield task.when_all([ctx.call_activity(filled, input=count) for count in counts])
    return sum(map(len, texts))


def large_event(ctx, _):
    return (yield ctx.wait_for_external_event("Large"))


def ended(instance_id):
    state = rich.wait_for_orchestration_completion(instance_id, timeout=60)
    assert state.runtime_status == Status.COMPLETED, state.failure_details
    return state


@scenario
def the_server_has_tokens_only():
    instance_id = rich.schedule_new_orchestration(echo, input=LARGE, instance_id=new_id("shelf"))
    assert ended(instance_id).get_output() == LARGE
    plain = hub.get_orchestration_state(instance_id)
    assert plain.serialized_output in shelf.kept and plain.serialized_input in shelf.kept, plain


@scenario
def histories_past_the_limit_of_messages_are_no_trouble():
    instance_id = rich.schedule_new_orchestration(many_large, input=[1 << 20] * 6)
    assert ended(instance_id).get_output() == 6 << 20


@scenario
def events_go_to_the_store_too():
    instance_id = rich.schedule_new_orchestration(large_event)
    rich.raise_orchestration_event(instance_id, "Large", data=LARGE)
    assert ended(instance_id).get_output() == LARGE


play([echo, many_large, large_event], [filled], payload_store=shelf)
