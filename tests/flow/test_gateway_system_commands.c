/* redressctl hooks and open311, as people's scripts see them. */
#include "support/house.h"

#include <jansson.h>
#include <sys/stat.h>

#include "redress/deliver/hook_message.h"
#include "redress/gateway/alarms.h"
#include "redress/gateway/systems.h"
#include "redress/store/hooks.h"
#include "redress/store/open311.h"
#include "support/receiver.h"
#include "support/redressctl.h"

#define OUT_MAX (64u << 10)
#define OFFERS	"[{\"service_code\":\"OTHER\",\"service_name\":\"Other\",\"metadata\":true}]"
#define SECRET	"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"

static struct {
	struct house *h;
	char config[FOLDER_MAX + 16];
	char out[OUT_MAX]; /* both streams of the last command */
} t;

/* What the house has in memory, as a file. */
static void write_config(struct house *h)
{
	char text[2048];

	const int len = snprintf(text, sizeof text,
		"Gateway: house\nState: %s\nRules: %s\nLandlord: code-2024\n\n"
		"Mailbox: complaints\nKind: maildir\nPath: %s/complaints\n\n"
		"Outgoing: letters\nKind: maildir\nPath: %s/sent\n"
		"From: Complaints Team <complaints@house.example>\n\n"
		"Webhook: crm\nURL: https://crm.example.org/hook\nSecret: file %s/secret\n\n"
		"Open311: repairs\nURL: https://repairs.example.org/v2\nAPI key: file %s/key\n"
		"Default service: OTHER\n",
		h->state, h->rules, h->dir, h->dir, h->dir, h->dir);
	snprintf(t.config, sizeof t.config, "%s/house.conf", h->dir);
	house_write(t.config, text, (size_t)len);
}

static int run(const char *const *words)
{
	return redressctl_run_by(t.config, "Sam Staff", words, t.out, sizeof t.out);
}

#define RUN(...) run((const char *const[]){ __VA_ARGS__, NULL })
#define SAYS(word)                                                                                 \
	if (strstr(t.out, word) == NULL)                                                           \
	fail_msg("%s", t.out)

static struct house *begin(void **state)
{
	struct house *h = house_new(NULL);
	struct rd_tx *tx = NULL;

	*state = t.h = h;
	write_config(h);
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_hook_take(tx, "crm", h->now_ms, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	return h;
}

static struct rd_hook_row hook_of(struct house *h)
{
	struct rd_hook_row row;

	OK(rd_hook_get(h->db, "crm", h->arena, &row, &h->err));
	return row;
}

static void a_webhook_is_switched_off_and_on(void **state)
{
	struct house *h = begin(state);

	assert_int_equal(RUN("hooks", "list"), 0);
	SAYS("crm");
	assert_int_equal(RUN("hooks", "disable", "crm"), 2); /* without a reason */
	assert_int_equal(RUN("hooks", "disable", "crm", "--why", "they move house"), 0);
	assert_string_equal(hook_of(h).why, "they move house");
	rd_alarms_raise(h->db, &h->desk.office, RD_ALARM_HOOK_DISABLED ":crm", "It is off.");
	assert_int_equal(RUN("hooks", "list", "--json"), 1);
	SAYS("\"state\":\"disabled\"");
	assert_int_equal(RUN("hooks", "enable", "crm"), 0);
	assert_true(hook_of(h).enabled);
	assert_false(house_alarm(h, RD_ALARM_HOOK_DISABLED ":crm"));
	assert_int_equal(RUN("hooks", "enable", "cmr"), 2);
	SAYS("no `Webhook: cmr`");
}

static void an_event_is_sent_again_by_its_number(void **state)
{
	struct house *h = begin(state);
	int64_t queued, failed, last;
	char number[24];

	house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	OK(rd_case_events_last(h->db, &last, &h->err));
	snprintf(number, sizeof number, "%" PRId64, last);
	assert_int_equal(RUN("hooks", "resend", "crm", "--event", number), 0);
	OK(rd_hook_counts(h->db, "crm", &queued, &failed, &h->err));
	assert_int_equal(queued, 1);
	assert_int_equal(RUN("hooks", "resend", "crm", "--event", "999999"), 2);
	assert_int_equal(RUN("hooks", "resend", "crm", "--event", "x"), 2);
	assert_int_equal(RUN("hooks", "resend", "crm"), 0);
	SAYS("0 events");
}

static void a_new_secret_is_one_that_signs(void **state)
{
	struct rd_hook_key key;
	struct rd_err err = { 0 };
	char first[128];

	begin(state);
	assert_int_equal(RUN("hooks", "rotate", "crm"), 0);
	SAYS("above `Secret: file ");
	char *secret = strstr(t.out, "whsec_");
	assert_non_null(secret);
	secret[strcspn(secret, "\n")] = '\0';
	assert_int_equal(rd_hook_key_read(secret, &key, &err), RD_OK);
	snprintf(first, sizeof first, "%s", secret);
	assert_int_equal(RUN("hooks", "rotate", "crm"), 0);
	assert_null(strstr(t.out, first));
}

static void a_person_settles_what_nobody_knows(void **state)
{
	struct house *h = begin(state);
	const int64_t message = house_mail_in(h, .body = REQUEST);
	struct rd_open311_row row;
	struct rd_tx *tx = NULL;
	int64_t id;

	house_work(h);
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_open311_put(
		tx, "repairs", house_case_of(h, message), "OTHER", h->now_ms, &id, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	assert_int_equal(RUN("open311", "settle", "1", "--as", "again", "--why", "asked"), 2);
	SAYS("only what is uncertain or failed");
	OK(rd_open311_get(h->db, id, h->arena, &row, &h->err));
	row.state = RD_OPEN311_UNCERTAIN;
	row.next_ms = 0;
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_open311_set(tx, &row, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	assert_int_equal(RUN("open311", "settle", "1", "--as", "taken", "--why", "seen"), 2);
	SAYS("--id");
	assert_int_equal(RUN("open311", "settle", "1", "--as", "taken", "--id", "77"), 2);
	SAYS("--why");
	assert_int_equal(
		RUN("open311", "settle", "1", "--as", "taken", "--id", "77", "--why", "seen"), 0);
	assert_int_equal(RUN("case", "show", "100001"), 0);
	SAYS("handed on to  repairs 77 (sent)");
	assert_int_equal(RUN("open311", "list", "--json"), 0);
	SAYS("\"service_request_id\":\"77\"");
	assert_int_equal(RUN("open311", "settle", "9", "--as", "never", "--why", "x"), 2);
	assert_int_equal(RUN("open311", "settle", "1", "--as", "sent", "--why", "x"), 2);
	SAYS("taken, again, never");
}

/* Both of the systems stand at the receiver. */
static void put_systems_at(struct house *h, const struct receiver *receiver)
{
	char text[1024], path[FOLDER_MAX + 16];

	snprintf(path, sizeof path, "%s/secret", h->dir);
	house_write(path, SECRET, strlen(SECRET));
	const int len = snprintf(text, sizeof text,
		"Gateway: house\nState: %s\nRules: %s\nLandlord: code-2024\n\n"
		"Outgoing: letters\nKind: maildir\nPath: %s/sent\nFrom: a@house.example\n\n"
		"Mailbox: complaints\nKind: maildir\nPath: %s/complaints\n\n"
		"Webhook: crm\nURL: http://127.0.0.1:%d/hook\nSecret: file %s\n"
		"Allow internal: yes\n\n"
		"Open311: repairs\nURL: http://127.0.0.1:%d/v2\nAPI key: file %s\n"
		"Service: a leak = PLUMB\nDefault service: OTHER\nAllow internal: yes\n",
		h->state, h->rules, h->dir, h->dir, receiver->port, path, receiver->port, path);
	house_write(t.config, text, (size_t)len);
	chmod(path, 0600);
}

/* Exit status 1: something is wrong; 3: it may pass; the words are test_deliver_trials.c's. */
static void a_system_is_tried_by_its_name(void **state)
{
	static const char *const script[] = { "401", "200", "401", "500", "404", "404", NULL };
	static struct receiver receiver;
	struct house *h = begin(state);

	receiver_start(&receiver, script);
	put_systems_at(h, &receiver);
	assert_int_equal(RUN("connect", "crm"), 1);
	SAYS("Webhook crm: not in order");
	assert_int_equal(RUN("connect", "crm", "--json"), 0);
	SAYS("\"well\":true,\"says\":[]");
	assert_int_equal(RUN("connect", "repairs"), 3);
	SAYS("HTTP 500");
	assert_int_equal(RUN("connect", "repairs"), 1);
	SAYS("Open311 repairs: not in order");
	assert_int_equal(RUN("connect", "repair"), 2);
	SAYS("did you mean `repairs`");
	receiver_stop(&receiver);
}

/* A service that is not there, and then silence where the other says what it asks for. */
static void what_is_wrong_for_good_outweighs_what_may_pass(void **state)
{
	static const char *const script[] = { "[{\"service_code\":\"PLUMB\",\"metadata\":true}]",
		"cut", OFFERS, "cut", NULL };
	static struct receiver receiver;
	struct house *h = begin(state);

	receiver_start(&receiver, script);
	put_systems_at(h, &receiver);
	assert_int_equal(RUN("connect", "repairs"), 1);
	SAYS("It has no service with the code OTHER");
	SAYS("Open311 repairs: not in order");
	assert_int_equal(RUN("connect", "repairs"), 3); /* the silence alone */
	receiver_stop(&receiver);
}

static void a_key_is_tried_by_request_alone(void **state)
{
#define PLAIN "[{\"service_code\":\"PLUMB\"},{\"service_code\":\"OTHER\"}]"
	static const char *const script[] = { PLAIN, PLAIN, PLAIN, "403", PLAIN, PLAIN, "cut",
		NULL };
	static struct receiver receiver;
	struct house *h = begin(state);

	receiver_start(&receiver, script);
	put_systems_at(h, &receiver);
	assert_int_equal(RUN("connect", "repairs"), 0);
	SAYS("The key was not tried here: `redressctl connect repairs --try-key`");
	assert_int_equal(RUN("connect", "repairs", "--try-key"), 1);
	SAYS("Open311 repairs: in order");
	SAYS("Open311 key repairs: not in order");
	SAYS("It does not take the key");
	assert_int_equal(RUN("connect", "repairs", "--try-key"), 3);
	assert_int_equal(RUN("connect", "crm", "--try-key"), 2);
	SAYS("--try-key is for an `Open311:` stanza; `crm` is none");
	receiver_stop(&receiver);
	assert_int_equal(receiver.n, 7);
	assert_non_null(strstr(receiver.requests[3], "POST /v2/requests.json "));
	assert_non_null(strstr(receiver.requests[0], "GET /v2/services.json "));
}

int main(int argc, char **argv)
{
	house_main(argc, argv);
	const struct CMUnitTest tests[] = {
		house_test_own(a_webhook_is_switched_off_and_on),
		house_test_own(an_event_is_sent_again_by_its_number),
		house_test_own(a_new_secret_is_one_that_signs),
		house_test_own(a_person_settles_what_nobody_knows),
		house_test_own(a_system_is_tried_by_its_name),
		house_test_own(what_is_wrong_for_good_outweighs_what_may_pass),
		house_test_own(a_key_is_tried_by_request_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
