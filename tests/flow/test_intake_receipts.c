/* What the five providers say of a text of ours, in every order and twice: a text that arrived has
 * arrived, one that failed is owed once, and nothing that comes late takes either back. */
#include "support/store_world.h"

#include "redress/intake/text_intake.h"
#include "redress/store/outbox.h"
#include "redress/store/tasks.h"
#include "redress/wire/providers/encode.h"
#include "redress/wire/providers/provider.h"
#include "redress/wire/providers/twilio.h"
#include "redress/wire/providers/vonage.h"

#define URL	  "https://sms.example.org/sms/line"
#define FORM_TYPE "application/x-www-form-urlencoded"
#define UUID	  "ee931a29-d176-42bb-b2a1-a66871e8c118"
#define SECRET	  "s3cret"
#define ON_WAY	  'w'
#define FAILED	  'f'
#define ARRIVED	  'a'

/* Notify and Esendex never say that a text is on its way. */
static const struct {
	enum rd_texts_kind kind;
	const char *type, *on_way, *failed, *arrived;
} kinds[] = {
	{ RD_TEXTS_TWILIO, FORM_TYPE, "MessageSid=SM9&AccountSid=AC1&MessageStatus=sent",
		"MessageSid=SM9&AccountSid=AC1&MessageStatus=undelivered&ErrorCode=30003",
		"MessageSid=SM9&AccountSid=AC1&MessageStatus=delivered" },
	{ RD_TEXTS_NOTIFY, "application/json", NULL,
		"{\"id\":\"" UUID "\",\"status\":\"temporary-failure\"}",
		"{\"id\":\"" UUID "\",\"status\":\"delivered\"}" },
	{ RD_TEXTS_VONAGE, FORM_TYPE, "messageId=0A1&msisdn=447700900123&status=buffered",
		"messageId=0A1&msisdn=447700900123&status=expired&err-code=2",
		"messageId=0A1&msisdn=447700900123&status=delivered&err-code=0" },
	{ RD_TEXTS_ESENDEX, "application/xml", NULL,
		"<MessageFailed><MessageId>" UUID "</MessageId></MessageFailed>",
		"<MessageDelivered><MessageId>" UUID "</MessageId></MessageDelivered>" },
	{ RD_TEXTS_FIRETEXT, FORM_TYPE, "status=2&reference=rd.7", "status=1&reference=rd.7",
		"status=0&reference=rd.7&code=000" },
};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

/* delivery: what is known in the end; owed: a person has the task. */
static const struct {
	const char *order, *delivery;
	bool owed;
} rows[] = {
	{ "w", "sent", false },
	{ "wa", "delivered", false },
	{ "aw", "delivered", false },
	{ "wf", "failed", true },
	{ "fw", "failed", true },
	{ "wwffw", "failed", true },
	{ "af", "delivered", false }, /* it was there already */
	{ "awf", "delivered", false },
	{ "afaf", "delivered", false },
	{ "fa", "delivered", true }, /* it had failed: a person has it in hand */
	{ "fwa", "delivered", true },
};

static struct rd_provider_receipt read_one(struct store_world *w, size_t kind, const char *body)
{
	const struct rd_provider *provider = rd_provider_of(kinds[kind].kind);
	const struct rd_provider_account account = { .name = "line",
		.number = "+447700900000",
		.account = kinds[kind].kind == RD_TEXTS_TWILIO ? "AC1" : "",
		.user = "redress",
		.template_id = "",
		.api_url = "",
		.path = "",
		.signature = "sha256",
		.token = SECRET,
		.api_key = "" };
	struct rd_webhook_request request = { .method = "POST",
		.url = URL,
		.content_type = kinds[kind].type,
		.signature = "",
		.authorization = "",
		.now_ms = NOW_MS };
	struct rd_provider_receipt receipt = { .id = "" };
	struct rd_form form;

	if (kinds[kind].kind == RD_TEXTS_VONAGE)
		body = rd_arena_printf(
			w->arena, "%s&timestamp=%lld", body, (long long)(NOW_MS / 1000));
	if (strcmp(kinds[kind].type, FORM_TYPE) == 0)
		OK(rd_form_parse(body, strlen(body), w->arena, &form, &w->err));
	if (kinds[kind].kind == RD_TEXTS_TWILIO)
		request.signature = rd_twilio_sign(w->arena, SECRET, URL, &form);
	if (kinds[kind].kind == RD_TEXTS_VONAGE)
		body = rd_arena_printf(w->arena, "%s&sig=%s", body,
			rd_vonage_sign(w->arena, "sha256", SECRET, &form));
	if (kinds[kind].kind == RD_TEXTS_NOTIFY)
		request.authorization = "Bearer " SECRET;
	if (kinds[kind].kind == RD_TEXTS_ESENDEX)
		request.url = URL "?token=" SECRET;
	if (kinds[kind].kind == RD_TEXTS_FIRETEXT)
		request.authorization = "Basic cmVkcmVzczpzM2NyZXQ="; /* redress:s3cret */
	request.body = body;
	request.body_len = strlen(body);
	OK(provider->read_receipt(&account, &request, w->arena, &receipt, &w->err));
	return receipt;
}

static const char *body_of(size_t kind, char what)
{
	return what == ON_WAY	? kinds[kind].on_way
	       : what == FAILED ? kinds[kind].failed
				: kinds[kind].arrived;
}

/* A text that has gone, and that the provider calls so. */
static int64_t sent_text(struct store_world *w, const char *outgoing, const char *provider_id)
{
	static int number;
	char cause[32], message_id[40];
	struct rd_outbox_row row = { .letter = "acknowledgement",
		.stage = RD_STAGE_1,
		.cause = cause,
		.channel = RD_CHANNEL_SMS,
		.outgoing = outgoing,
		.recipient = "+447700900123",
		.subject = "",
		.payload = "we heard",
		.payload_len = 8,
		.message_id = message_id,
		.letter_version = "1",
		.meets_clock = "" };
	struct rd_outbox_row claimed;
	int64_t id = 0;

	number++;
	snprintf(cause, sizeof cause, "message:%d", number);
	snprintf(message_id, sizeof message_id, "rd.%d@example.net", number);
	row.case_id = world_open_case(w, "+447700900123");
	TX(rd_outbox_put(tx, &row, NOW_MS, &id, &w->err));
	OK(rd_outbox_claim(w->db, outgoing, NOW_MS, true, w->arena, &claimed, &w->err));
	TX(rd_outbox_sent(tx, id, provider_id, "201", NOW_MS, &w->err));
	return id;
}

static bool is_owed(struct store_world *w, int64_t outbox_id)
{
	char cause[40];
	bool ever = false;

	snprintf(cause, sizeof cause, "receipt:%lld", (long long)outbox_id);
	OK(rd_task_ever(w->db, "send", cause, &ever, &w->err));
	return ever;
}

static void in_every_order_and_twice_the_same_is_known(void **state)
{
	struct store_world *w = *state;
	char name[32];

	for (size_t i = 0; i < N_KINDS; i++)
		for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
			struct rd_outbox_row row;
			const struct rd_texts_config texts = { .name = name,
				.kind = kinds[i].kind };

			if (strchr(rows[k].order, ON_WAY) != NULL && kinds[i].on_way == NULL)
				continue;
			snprintf(name, sizeof name, "line-%zu-%zu", i, k);
			const int64_t id = sent_text(w, name, read_one(w, i, kinds[i].arrived).id);
			for (const char *at = rows[k].order; *at != '\0'; at++) {
				const struct rd_provider_receipt receipt =
					read_one(w, i, body_of(i, *at));
				const enum rd_rc rc = rd_receipt_take(w->db, &texts, &receipt,
					NOW_MS + (at - rows[k].order), w->arena, &w->err);

				assert_true(rc == RD_OK || rc == RD_E_EXISTS);
			}
			OK(rd_outbox_get(w->db, id, w->arena, &row, &w->err));
			if (strcmp(row.delivery, rows[k].delivery) != 0 ||
				is_owed(w, id) != rows[k].owed)
				fail_msg("kind %zu, %s: %s, %s", i, rows[k].order, row.delivery,
					is_owed(w, id) ? "owed" : "not owed");
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			in_every_order_and_twice_the_same_is_known, world_setup, world_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
