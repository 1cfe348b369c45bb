/* From a resident's mail to the landlord's own system: what it is told, and what the gateway says
 * where it cannot be told. */
#include "support/house.h"

#include "redress/gateway/alarms.h"
#include "redress/gateway/systems.h"
#include "redress/store/hooks.h"
#include "support/receiver.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"

static struct receiver receiver;

static struct house *begin(const char *const *script)
{
	char stanza[512], path[FOLDER_MAX + 16];
	struct house *h;

	receiver_start(&receiver, script);
	/* The folder has a name only when the house stands: the secret's place is set then. */
	snprintf(stanza, sizeof stanza,
		"\nWebhook: crm\nURL: http://127.0.0.1:%d/hook\nSecret: file /nowhere\n"
		"Allow internal: yes\n",
		receiver.port);
	h = house_new(&(struct house_options){ .config = stanza });
	snprintf(path, sizeof path, "%s/secret", h->dir);
	house_write(path, SECRET, strlen(SECRET));
	chmod(path, 0600);
	h->config->hooks[0].secrets[0].name = rd_arena_strdup(h->arena, path);
	return h;
}

static bool tell(struct house *h)
{
	bool must_wait = false;

	OK(rd_systems_once(&h->desk, &must_wait, &h->err));
	return must_wait;
}

static bool is_told(size_t i, const char *type)
{
	char wanted[64];

	snprintf(wanted, sizeof wanted, "\"type\":\"redress.case.%s\"", type);
	return strstr(receiver.requests[i], wanted) != NULL;
}

static void a_cases_life_is_told_without_a_word_of_the_resident(void **state)
{
	struct house *h = begin(NULL);
	const int64_t nothing = tell(h);
	const int64_t id = house_mail_in(h, .body = COMPLAINT);

	*state = h;
	assert_int_equal(nothing, 0);
	house_work(h);
	house_send(h);
	house_mail_in(h, .body = "The leak is worse now.",
		.subject = rd_arena_printf(
			h->arena, "%s", house_case(h, house_case_of(h, id)).reference));
	house_work(h);
	assert_false(tell(h));
	receiver_stop(&receiver);
	assert_true(receiver.n >= 3);
	assert_true(is_told(0, "opened"));
	assert_true(is_told(1, "letter_sent"));
	assert_true(is_told(2, "message"));
	assert_non_null(
		strstr(receiver.requests[0], "\"kind\":\"complaint\",\"stage\":\"stage1\""));
	assert_non_null(strstr(receiver.requests[0], "\"next_due\":{\"clock\":\"stage1."));
	for (size_t i = 0; i < receiver.n; i++) {
		/* Its words; a signature in the headers is base64 and may spell anything. */
		const char *event = strstr(receiver.requests[i], "\r\n\r\n");

		assert_non_null(event);
		assert_null(strstr(event, "ann@"));
		assert_null(strstr(event, "Ann"));
		assert_null(strstr(event, "leak"));
	}
}

static void one_that_is_gone_is_alarmed_until_a_person_enables_it(void **state)
{
	static const char *const script[] = { "410", NULL };
	struct house *h = begin(script);
	struct rd_tx *tx = NULL;

	*state = h;
	assert_false(tell(h));
	house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	tell(h);
	assert_true(house_alarm(h, "webhook-disabled:crm"));
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_hook_enable(tx, "crm", h->now_ms, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	rd_systems_clear_hook(h->db, &h->desk.office, "crm");
	assert_false(house_alarm(h, "webhook-disabled:crm"));
	assert_false(tell(h));
	receiver_stop(&receiver);
	assert_int_equal(receiver.n, 2);
}

static void one_that_fails_for_an_hour_is_alarmed_until_it_takes_an_event(void **state)
{
	static const char *const script[] = { "500", "500", "500", NULL };
	struct house *h = begin(script);

	*state = h;
	assert_false(tell(h));
	house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	for (int i = 0; i < 2; i++) {
		assert_true(tell(h));
		h->now_ms += 36 * 60000;
	}
	assert_false(house_alarm(h, "webhook-failing:crm"));
	assert_true(tell(h));
	assert_true(house_alarm(h, "webhook-failing:crm"));
	h->now_ms += 3 * 3600000;
	assert_false(tell(h));
	assert_false(house_alarm(h, "webhook-failing:crm"));
	receiver_stop(&receiver);
}

static void the_alarm_of_a_stanza_that_is_gone_goes(void **state)
{
	struct house *h = begin(NULL);

	*state = h;
	rd_alarms_raise(h->db, &h->desk.office, "webhook-disabled:crm", "Off.");
	rd_alarms_raise(h->db, &h->desk.office, "webhook-disabled:old", "Off.");
	rd_alarms_raise(h->db, &h->desk.office, "open311-trouble:crm", "Off.");
	rd_systems_clear_gone(h->db, &h->desk.office);
	assert_true(house_alarm(h, "webhook-disabled:crm"));
	assert_false(house_alarm(h, "webhook-disabled:old"));
	assert_false(house_alarm(h, "open311-trouble:crm"));
	receiver_stop(&receiver);
}

int main(int argc, char **argv)
{
	house_main(argc, argv);
	const struct CMUnitTest tests[] = {
		house_test_own(a_cases_life_is_told_without_a_word_of_the_resident),
		house_test_own(the_alarm_of_a_stanza_that_is_gone_goes),
		house_test_own(one_that_is_gone_is_alarmed_until_a_person_enables_it),
		house_test_own(one_that_fails_for_an_hour_is_alarmed_until_it_takes_an_event),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
