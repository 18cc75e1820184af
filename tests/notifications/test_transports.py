"""Sending over SMTP to real peers, good and bad, and to the console."""

import pytest

from notifications import transports
from notifications.transports import TransportError
from tests.notifications.factories import ANA, BEN, CONTEXT, URL, tell

pytestmark = pytest.mark.django_db


def fail(**changes) -> TransportError:
    with pytest.raises(TransportError) as caught:
        transports.send(tell(**changes))
    return caught.value


class TestEmail:
    def test_reaches_the_customer_as_text_and_html(self, mail_server):
        transports.send(tell())

        mail = mail_server.get_mail()
        assert mail_server.received[0].rcpt_tos == ["ana@example.com"]
        assert (mail["To"], mail["From"]) == ("ana@example.com", "Lyon Est <pickup@shop.example>")
        assert mail["Subject"] == "Your order K7F is ready"
        assert "7HQ4KM" in mail.get_body(("plain",)).get_content()
        assert f'href="{URL}"' in mail.get_body(("html",)).get_content()

    def test_carries_letters_beyond_ascii(self, mail_server):
        context = CONTEXT | {"first_name": "José 李"}

        transports.send(tell("AMBIENT_READY", recipient=write_to(language="fr"), context=context))

        mail = mail_server.get_mail()
        assert mail["Subject"].strip() == "La première partie de votre commande K7F est emballée"
        assert "Bonjour José 李," in mail.get_body(("plain",)).get_content()
        assert mail["Content-Language"] == "fr"

    def test_asks_machines_not_to_answer(self, mail_server):
        transports.send(tell())

        assert mail_server.get_mail()["Auto-Submitted"] == "auto-generated"

    def test_keeps_its_message_id_at_every_try(self, mail_server):
        message = tell()
        first, second = transports.send(message), transports.send(message)

        ids = {
            envelope.content.split(b"Message-ID: ")[1].splitlines()[0] for envelope in mail_server.received
        }
        assert first == second
        assert ids == {first.encode()}
        assert first.endswith("@shop.example>")
        assert str(message.pk) not in first

    def test_gives_other_messages_other_ids(self):
        assert transports.get_message_id(tell()) != transports.get_message_id(tell("PICKED_UP"))

    @pytest.mark.parametrize(
        ("command", "answer", "permanent", "reason"),
        [
            ("RCPT", "550 5.1.1 <ana@example.com> unknown", True, "recipient refused: 550 5.1.1"),
            ("RCPT", "450 4.2.1 <ana@example.com> busy", False, "recipient refused: 450 4.2.1"),
            ("RCPT", "452 too many", False, "recipient refused: 452"),
            ("DATA", "554 5.7.1 not from you", True, "SMTPDataError refused: 554 5.7.1"),
            ("DATA", "451 4.3.0 try later", False, "SMTPDataError refused: 451 4.3.0"),
        ],
    )
    def test_tells_a_refusal_for_good_from_one_for_now(self, mail_server, command, answer, permanent, reason):
        mail_server.answers[command] = answer

        error = fail()

        assert (str(error), error.permanent, error.is_channel_down) == (reason, permanent, False)
        assert "ana@example.com" not in str(error)

    def test_may_try_again_when_the_connection_drops_after_the_mail(self, mail_server):
        mail_server.hangs_up_after_data = True

        error = fail()

        assert (error.permanent, error.is_channel_down) == (False, False)
        assert str(error) == "connection lost: SMTPServerDisconnected"

    def test_does_not_wait_long_for_a_silent_server(self, silent_server):
        error = fail()

        assert (error.permanent, error.is_channel_down) == (False, True)

    def test_says_that_the_channel_is_down_when_nobody_listens(self, use_smtp, free_port):
        use_smtp(free_port)

        error = fail()

        assert (str(error), error.permanent) == ("no connection: ConnectionRefusedError", False)
        assert error.is_channel_down

    @pytest.mark.parametrize(
        "address", ["", "ana", "ana@", "ana@example.com\nBcc: eve@example.com", "a@b.c, d@e.f"]
    )
    def test_gives_up_an_address_that_is_none_without_asking_a_server(self, mail_server, address):
        error = fail(recipient=write_to(address=address))

        assert error.permanent
        assert not mail_server.tries

    def test_is_sent_though_the_farewell_fails(self, mail_server):
        mail_server.chatters_on_quit = True

        transports.send(tell())

        assert len(mail_server.received) == 1

    def test_says_that_the_channel_is_down_when_the_server_falls_silent(self, mail_server, settings):
        mail_server.hangs_on_data = True
        settings.EMAIL_TIMEOUT = 0.3

        error = fail()

        assert (str(error), error.permanent, error.is_channel_down) == ("no answer in time", False, True)


class TestConsole:
    def test_stands_in_for_a_mail_server_in_development(self, settings, capsys):
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

        transports.send(tell())

        assert capsys.readouterr().out == "message READY order K7F language en\n"

    def test_writes_one_line_that_names_nobody(self, capsys):
        transports.send(tell(recipient=BEN))

        assert capsys.readouterr().out == "message READY order K7F language fr\n"


def write_to(*, address=ANA.address, language="en"):
    return type(ANA)(channel="EMAIL", address=address, language=language)
