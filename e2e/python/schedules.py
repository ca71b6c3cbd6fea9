"""Schedules of the Python SDK, which it keeps in entities and runs by orchestrations."""

import asyncio
from datetime import datetime, timedelta, timezone

from durabletask.scheduled import (
    AsyncScheduledTaskClient,
    ScheduleCreationOptions,
    ScheduledTaskClient,
    ScheduleQuery,
    ScheduleStatus,
    ScheduleUpdateOptions,
)

from connection import hub, leave, new_async_client, new_id, new_worker
from scenarios import eventually, run_all, scenario

schedules = ScheduledTaskClient(hub)
runs = {}


def target(ctx, word):
    if not ctx.is_replaying:
        runs[word] = runs.get(word, 0) + 1
    return word


def options(schedule_id, word=None, **more):
    """Starts in an hour, unless told otherwise."""
    more = {"interval": timedelta(hours=1), "start_at": datetime.now(timezone.utc) + timedelta(hours=1)} | more
    return ScheduleCreationOptions(
        schedule_id=schedule_id, orchestration_name="target", orchestration_input=word, **more
    )


def often():
    return {"interval": timedelta(seconds=1), "start_at": datetime.now(timezone.utc), "start_immediately_if_late": True}


@scenario
def a_schedule_starts_its_orchestration_again_and_again():
    word = new_id("often")
    schedule = schedules.create_schedule(options(word, word, **often()))
    eventually(lambda: runs.get(word, 0), lambda count: count >= 3)
    description = schedule.describe()
    assert description.status == ScheduleStatus.ACTIVE and description.last_run_at is not None, description
    schedule.delete()
    eventually(lambda: schedules.get_schedule(word), lambda found: found is None)


@scenario
def a_schedule_can_be_paused_changed_and_resumed():
    word = new_id("paused")
    schedule = schedules.create_schedule(options(word, word))
    schedule.pause()
    assert schedule.describe().status == ScheduleStatus.PAUSED
    schedule.update(ScheduleUpdateOptions(orchestration_input=f"{word}-new", interval=timedelta(seconds=2)))
    description = schedule.describe()
    assert description.interval == timedelta(seconds=2), description
    assert description.orchestration_input == f"{word}-new", description
    schedule.resume()
    assert schedule.describe().status == ScheduleStatus.ACTIVE
    assert word not in runs
    schedule.delete()


@scenario
def schedules_are_listed_by_prefix_and_status():
    prefix = new_id("listed")
    for name in ["a", "b"]:
        schedules.create_schedule(options(f"{prefix}-{name}"))
    schedules.get_schedule_client(f"{prefix}-b").pause()

    def listed(**query):
        return [found.schedule_id for found in schedules.list_schedules(ScheduleQuery(**query))]

    assert sorted(listed(schedule_id_prefix=prefix)) == [f"{prefix}-a", f"{prefix}-b"]
    assert listed(schedule_id_prefix=prefix, status=ScheduleStatus.PAUSED) == [f"{prefix}-b"]
    assert schedules.get_schedule("nobody") is None


@scenario
def the_asynchronous_client_does_the_same():
    async def play():
        async with new_async_client() as client:
            mine, schedule_id = AsyncScheduledTaskClient(client), new_id("async")
            schedule = await mine.create_schedule(options(schedule_id))
            assert (await schedule.describe()).status == ScheduleStatus.ACTIVE
            await schedule.delete()
            assert await mine.get_schedule(schedule_id) is None

    asyncio.run(play())


worker = new_worker([target])
worker.configure_scheduled_tasks()
worker.start()
leave(run_all())
