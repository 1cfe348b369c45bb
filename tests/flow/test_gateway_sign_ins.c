/* Secrets and certificates that run out: who is told, and how often. */
#include "support/house.h"

#include "redress/gateway/health.h"
#include "redress/gateway/sign_ins.h"

#define STANZA                                                                                     \
	"\nOAuth: m365\nKind: microsoft\nTenant: t\nClient: c\nSecret: credential m\n"             \
	"Secret expires: 2027-03-31\n"

/* The problem that names it, NULL where there is none. */
static const char *problem(struct house *h)
{
	struct rd_health health;

	OK(rd_health_look(h->db, &h->desk.office, h->arena, &health, &h->err));
	assert_int_equal(health.n_sign_ins, h->config->n_oauths);
	for (size_t i = 0; i < health.n_problems; i++)
		if (strstr(health.problems[i], "OAuth m365"))
			return health.problems[i];
	return NULL;
}

static size_t mails(struct house *h)
{
	const struct rd_outbox_filter all = { .max = 100 };
	struct rd_outbox_row *rows;
	size_t n, n_alarms = 0;

	OK(rd_outbox_list(h->db, &all, h->arena, &rows, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		n_alarms += strstr(rows[i].recipient, "alarms@") != NULL;
	return n_alarms;
}

static void a_secret_is_warned_of_three_times_and_when_it_ends(void **state)
{
	static const struct {
		const char *at, *says, *cause;
		size_t n_mails;
	} rows[] = {
		{ "2027-02-28T12:00:00Z", NULL, NULL, 0 }, /* 31 days */
		{ "2027-03-01T12:00:00Z", "in 30 days", "sign-in-expires:30:m365", 1 },
		{ "2027-03-05T12:00:00Z", "in 26 days", "sign-in-expires:30:m365", 1 },
		{ "2027-03-17T12:00:00Z", "in 14 days", "sign-in-expires:14:m365", 2 },
		{ "2027-03-24T12:00:00Z", "in 7 days", "sign-in-expires:7:m365", 3 },
		{ "2027-03-30T12:00:00Z", "in 1 day;", "sign-in-expires:7:m365", 3 },
		{ "2027-03-31T12:00:00Z", "expires today", "sign-in-expires:0:m365", 4 },
		{ "2027-04-02T12:00:00Z", "expired on 2027-03-31", "sign-in-expires:0:m365", 4 },
	};
	static const char *const causes[] = { "sign-in-expires:30:m365", "sign-in-expires:14:m365",
		"sign-in-expires:7:m365", "sign-in-expires:0:m365" };
	const struct house_options options = { .starts = "2027-02-28T12:00:00Z", .config = STANZA };
	struct house *h = *state = house_new(&options);

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		house_at(h, rows[i].at);
		for (int looks = 0; looks < 3; looks++)
			rd_sign_ins_watch(&h->desk);
		const char *says = problem(h);
		if (rows[i].says == NULL ? says != NULL : !says || !strstr(says, rows[i].says))
			fail_msg("%s: %s", rows[i].at, says != NULL ? says : "(nothing)");
		for (size_t k = 0; k < 4; k++)
			assert_int_equal(house_alarm(h, causes[k]),
				rows[i].cause != NULL && strcmp(causes[k], rows[i].cause) == 0);
		assert_int_equal(mails(h), rows[i].n_mails);
	}
}

static void a_new_secret_ends_the_alarm(void **state)
{
	const struct house_options options = { .starts = "2027-03-24T12:00:00Z", .config = STANZA };
	struct house *h = *state = house_new(&options);

	rd_sign_ins_watch(&h->desk);
	assert_true(house_alarm(h, "sign-in-expires:7:m365"));
	h->config->oauths[0].secret_expires.year = 2029;
	rd_sign_ins_watch(&h->desk);
	assert_false(house_alarm(h, "sign-in-expires:7:m365"));
	assert_null(problem(h));
	assert_int_equal(mails(h), 1);
}

static void a_certificate_that_cannot_be_read_is_a_problem(void **state)
{
	const struct house_options options = {
		.config =
			"\nOAuth: m365\nKind: microsoft\nTenant: t\nClient: c\nKey: credential m\n"
			"Certificate: /nowhere/app.pem\n"
	};
	struct house *h = *state = house_new(&options);

	rd_sign_ins_watch(&h->desk);
	assert_non_null(strstr(problem(h), "/nowhere/app.pem"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		house_test_own(a_secret_is_warned_of_three_times_and_when_it_ends),
		house_test_own(a_new_secret_ends_the_alarm),
		house_test_own(a_certificate_that_cannot_be_read_is_a_problem),
	};
	house_main(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
