"""kill -9 at the worst moment: nothing lost, nothing doubled."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.stack import BOT, SECRET, Phone, Stack

MOMENTS = (0.0, 0.05, 0.2)  # seconds after the 2xx


def test_rasa_killed_in_the_middle_of_turns_answers_each_once(fresh: Stack) -> None:
    phones = [Phone(fresh, "whatsapp", f"+3161234590{number}") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda phone: phone.write("hallo, goedemorgen"), phones))
    fresh.kill("rasa")
    time.sleep(1)
    assert all(len(phone.seen()) <= 1 for phone in phones)
    fresh.start("rasa")
    for phone in phones:
        assert phone.hear(60)
    assert all(phone.silent(0.3) for phone in phones)


def test_the_gateway_killed_between_2xx_and_answer_answers_once(fresh: Stack) -> None:
    for moment in MOMENTS:
        phone = Phone(fresh, "whatsapp", f"+316123458{int(moment * 100):02}")
        phone.write("hallo, goedemorgen")
        time.sleep(moment)
        fresh.kill("gateway")
        fresh.start("gateway")
        fresh.wait_for("gateway")
        assert phone.hear(90), moment
    time.sleep(2)
    assert all(len(Phone(fresh, "whatsapp", f"+316123458{int(moment * 100):02}").seen()) == 1 for moment in MOMENTS)


def test_the_same_delivery_fifty_times_in_parallel_gets_one_answer(stack: Stack) -> None:
    phone = Phone(stack, "whatsapp", "+31612345777")
    phone.say("hallo, goedemorgen")
    message = next(one for one in stack.twilio.messages if one.sender == f"whatsapp:{phone.address}")

    async def again() -> list[int]:
        import asyncio

        return list(await asyncio.gather(*(stack.twilio.deliver(message) for _ in range(50))))

    assert set(stack.run(again())) == {200}
    assert phone.silent()


def test_the_same_update_fifty_times_in_parallel_gets_one_answer(stack: Stack) -> None:
    import httpx

    phone = Phone(stack, "telegram", "8880001")
    phone.say("hallo, goedemorgen")
    update = {
        "update_id": 990001,
        "message": {
            "message_id": 1,
            "date": int(time.time()),
            "chat": {"id": 8880001, "type": "private"},
            "from": {"id": 8880001, "is_bot": False, "first_name": "x"},
            "text": "ik zoek werk",
        },
    }
    url, headers = f"{stack.url('gateway')}/webhooks/telegram/webhook", {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    answers = list[int]()

    def post() -> None:
        answers.append(httpx.post(url, json=update, headers=headers, timeout=20).status_code)

    threads = [threading.Thread(target=post) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {200}
    assert phone.hear()
    assert phone.silent()


def test_what_came_while_the_gateway_was_away_is_caught_up(fresh: Stack) -> None:
    fresh.kill("gateway")
    phone = Phone(fresh, "sms", "+31612345666")
    phone.write("hallo, goedemorgen")  # Twilio gets no answer, and does not try again
    fresh.start("gateway")
    assert phone.hear(60)
    assert phone.silent()


def test_no_log_holds_a_number_a_text_or_a_token(stack: Stack) -> None:
    phone = Phone(stack, "whatsapp", "+31698765432")
    phone.say("hallo, een heel bijzonder woord: kwikstaartje")
    for name in ("gateway", "rasa", "actions", "console"):
        for secret in ("98765432", "kwikstaartje", BOT.partition(":")[2]):
            assert secret not in stack.log(name), name
