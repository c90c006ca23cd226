#!/usr/bin/env python3
"""Logins in rounds: what a gateway may ask beside user and password, and who answers: a program on standard input,
`--otp`, or what was given at the start. Never the same refused answer twice."""
import json

import checks
import tap
from sojourn import Connection, Responder, write_profile

AGAIN = {"phase1_life_secs": 10}  # authenticates again after 8 s


def questions(connection):
    return [event for event in connection.events() if event["event"] == "question"]


class Person:
    """Answers one question after the other on the standard input of a connection."""

    def __init__(self, connection):
        self.connection = connection
        self.seen = 0

    def answers(self, wanted, retry=False, message=None, **fields):
        """The next question asks for exactly these fields; returns it."""
        question = self.connection.wait_event("question", 30, after=self.seen)
        self.seen = self.connection.events().index(question) + 1
        names = [field["name"] for field in question["fields"]]
        tap.expect(sorted(names), sorted(wanted), "what is asked")
        tap.expect(question["retry"], retry, "whether it is asked again")
        if message is not None:
            tap.expect(question["message"], message, "what the gateway says")
        answer = {"answer": question["id"], "fields": {name.replace("_", "-"): value for name, value in fields.items()}}
        self.connection.process.say(json.dumps(answer) + "\n")
        return question


def carried(made, connection):
    checks.carries(made.client, connection.connected()["address"])
    connection.disconnect()


def test_code_then_challenge_then_pin(made):
    Responder(made, user={"code": "123456", "challenge": "4711", "answer": "0815", "next_pin": "9999",
                          "message": "One more"})
    connection = Connection(made, user=None, password=None, stdin="")
    person = Person(connection)
    person.answers(["user", "password"], user="username", password="password")
    code = person.answers(["passcode"], message="One more", passcode="123456")
    tap.expect(code["kind"], "code", "the kind")
    person.answers(["answer"], message="One more 4711", answer="0815")
    last = person.answers(["next-pin"], next_pin="9999")
    tap.check(last["round"] > code["round"], "rounds are counted")
    carried(made, connection)


def test_domain(made):
    Responder(made, user={"domain": "CORP"})
    connection = Connection(made, user="username", password=None, stdin="")
    person = Person(connection)
    person.answers(["password"], password="password")  # before the gateway is asked anything
    person.answers(["domain"], domain="CORP")
    carried(made, connection)


def test_chap(made):
    Responder(made, quirks={"chap": "true"})
    carried(made, Connection(made))


def test_chap_wrong(made):
    Responder(made, quirks={"chap": "true"})
    ended = Connection(made, password="wrong").ended()
    tap.expect((ended["exit_code"], ended["reason"]), (7, "login-refused"), "the end")


def test_codes_from_the_command_line(made):
    """In order, at the first login and at the next one."""
    responder = Responder(made, user={"code": "123456", "answer": "0815"})
    connection = Connection(made, profile=write_profile(made.client, **AGAIN), options=[
        "--otp", "123456", "--otp", "0815", "--otp", "123456", "--otp", "0815", "--no-input"])
    address = connection.connected()["address"]
    checks.carries(made.client, address)
    connection.wait_event("rekeyed", 30, sa="ike")
    checks.carries(made.client, address)
    tap.expect(len(responder.events("login")), 2, "logins")
    connection.disconnect()


def test_code_refused(made):
    """Wrong codes are asked for again; when there is nothing more to say, the reason is the code."""
    Responder(made, user={"code": "123456"})
    ended = Connection(made, options=["--otp", "654321", "--no-input"]).ended()
    tap.expect((ended["exit_code"], ended["reason"]), (7, "code-refused"), "the end")


def test_questions_at_the_next_login(made):
    """The password is known by then; only the code is asked for, while the tunnel carries on."""
    Responder(made, user={"code": "123456"})
    connection = Connection(made, profile=write_profile(made.client, **AGAIN), stdin="")
    person = Person(connection)
    person.answers(["passcode"], passcode="123456")
    address = connection.connected()["address"]
    person.answers(["passcode"], passcode="123456")
    checks.carries(made.client, address)
    connection.wait_event("rekeyed", 30, sa="ike")
    checks.carries(made.client, address)
    connection.disconnect()


def test_refused_at_the_next_login(made):
    """A gateway whose users have changed: the old password is given once more, then the person is asked, and the
    tunnel has carried on all the time."""
    responder = Responder(made, quirks={"refused_login": "asks-again", "new_password": "changed"})
    connection = Connection(made, profile=write_profile(made.client, **AGAIN), stdin="")
    address = connection.connected()["address"]
    person = Person(connection)
    person.answers(["password"], retry=True, password="changed")
    checks.carries(made.client, address)
    connection.wait_event("rekeyed", 30, sa="ike")
    checks.carries(made.client, address)
    tap.expect(len(questions(connection)), 1, "questions")
    tap.expect(len(responder.events("refused")), 1, "refusals")
    connection.disconnect()


def test_nobody_has_the_code(made):
    Responder(made, user={"code": "123456"})
    ended = Connection(made, options=["--no-input"]).ended()
    tap.expect((ended["exit_code"], ended["reason"]), (8, "question-unanswered"), "the end")


if __name__ == "__main__":
    tap.main(globals())
