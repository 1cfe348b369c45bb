#include "redress/gateway/notices.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "redress/base/buf.h"
#include "redress/message/compose.h"
#include "redress/store/outbox.h"
#include "redress/wire/providers/notify.h"

#define KEY_HASH_BYTES 12

/* --- whom a case is about --- */

void rd_about_of_marks(const char *const *marks, size_t n_marks, struct rd_about *ret_about)
{
	const size_t len = strlen(RD_NOTICE_ABOUT);

	ret_about->n = 0;
	for (size_t i = 0; i < n_marks && ret_about->n < RD_NOTICE_ABOUT_MAX; i++)
		if (strncmp(marks[i], RD_NOTICE_ABOUT, len) == 0)
			ret_about->who[ret_about->n++] = marks[i] + len;
}

bool rd_about_names(const struct rd_about *about, const struct rd_role_config *role)
{
	for (size_t i = 0; i < about->n; i++) {
		if (rd_role_is_called(about->who[i], role->name))
			return true;
		for (size_t k = 0; k < role->n_also_called; k++)
			if (rd_role_is_called(about->who[i], role->also_called[k]))
				return true;
		for (size_t k = 0; k < role->n_held_by; k++)
			if (rd_role_is_called(about->who[i], role->held_by[k]))
				return true;
	}
	return false;
}

/* The same address under another role is the same person, in office hours or out of them. */
static bool is_theirs(
	const struct rd_config *config, const struct rd_about *about, const char *address)
{
	for (size_t i = 0; i < config->n_roles; i++)
		if (rd_about_names(about, &config->roles[i]) &&
			(strcasecmp(config->roles[i].to, address) == 0 ||
				strcasecmp(config->roles[i].out_of_hours, address) == 0))
			return true;
	return false;
}

bool rd_about_reads(const struct rd_config *config, const struct rd_about *about,
	const struct rd_role_config *role)
{
	return rd_about_names(about, role) || is_theirs(config, about, role->to);
}

const struct rd_role_config *rd_notice_round(const struct rd_config *config, const char *landlord,
	const struct rd_role_config *role, const struct rd_about *about)
{
	for (int up = 0; role != NULL && up < RD_NOTICE_UP_MAX; up++) {
		if (!rd_about_reads(config, about, role))
			return role;
		role = role->then_up[0] != '\0' ? rd_config_role(config, landlord, role->then_up)
						: NULL;
	}
	return NULL;
}

/* --- one notice --- */

/* What one notice becomes. */
struct noting {
	struct rd_tx *tx;
	const struct rd_office *office;
	const struct rd_notice *notice;
	struct rd_arena *arena;
	const char *to;
	int64_t leave_ms;
};

static void choose_time(struct noting *n)
{
	const struct rd_role_config *role = n->notice->role;
	const struct rd_policy *policy = rd_live_policy(n->office->live, n->notice->landlord);
	const int64_t now_ms = rd_office_now(n->office);
	const int64_t next_ms =
		rd_hours_next(&role->hours, policy != NULL ? policy->calendar : NULL, now_ms);

	n->to = role->to;
	n->leave_ms = n->notice->at_once ? now_ms : next_ms;
	if (n->notice->at_once && next_ms > now_ms && role->out_of_hours[0] != '\0' &&
		(n->notice->about == NULL ||
			!is_theirs(n->office->config, n->notice->about, role->out_of_hours)))
		n->to = role->out_of_hours;
}

const char *rd_notice_when(struct rd_date due, int64_t due_ms, char out[static RD_NOTICE_WHEN_MAX])
{
	const int minute = due_ms != 0 ? rd_london_minute_of_day(due_ms) : 0;
	char day[RD_LONG_DATE_MAX];

	rd_date_format_long(due, day);
	if (due_ms == 0)
		snprintf(out, RD_NOTICE_WHEN_MAX, "%s", day);
	else
		snprintf(out, RD_NOTICE_WHEN_MAX, "%s at %02d:%02d", day, minute / 60, minute % 60);
	return out;
}

static const char *key_of(const struct noting *n, const char *domain)
{
	uint8_t hash[RD_STORE_KEY_BYTES];
	char hex[2 * KEY_HASH_BYTES + 1];
	const char *about = rd_arena_printf(
		n->arena, "%s|%" PRId64, n->notice->cause, rd_office_now(n->office));

	if (about == NULL)
		return NULL;
	rd_store_hash(rd_db_store(rd_tx_db(n->tx)), RD_KEY_IDENTITY, "notice", about, strlen(about),
		hash);
	for (size_t i = 0; i < KEY_HASH_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	return domain != NULL ? rd_arena_printf(n->arena, "rd.%s@%s", hex, domain)
			      : rd_arena_printf(n->arena, "rd-%s", hex);
}

/* "Name <a@b>": its address. */
static const char *address_of(struct rd_arena *arena, const char *from)
{
	const char *open = strrchr(from, '<');
	const char *close = open != NULL ? strchr(open, '>') : NULL;

	return close == NULL ? from : rd_arena_copy(arena, open + 1, (size_t)(close - open - 1));
}

static enum rd_rc write_mail(struct noting *n, struct rd_outbox_row *row, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf bytes = RD_BUF(RD_COMPOSED_BYTES_MAX);
	const struct rd_config *config = n->office->config;
	struct rd_outgoing_mail mail = {
		.to = n->to,
		.subject = n->notice->subject,
		.date_ms = rd_office_now(n->office),
		.auto_submitted = "auto-generated",
		.body = n->notice->body,
	};
	const char *at;

	if (config->outgoing == NULL)
		return rd_fail(err, RD_E_MISSING, "no `Outgoing:` stanza: no mail can be sent");
	mail.from = (struct rd_address){ .name = "Redress",
		.address = address_of(n->arena, config->outgoing->from) };
	at = strchr(mail.from.address, '@');
	row->message_id = key_of(n, at != NULL ? at + 1 : "redress.invalid");
	mail.message_id = row->message_id;
	mail.loop = rd_arena_printf(n->arena, "redress/%s", config->gateway);
	RD_TRY(rd_compose_mail(&mail, &bytes, err));
	row->outgoing = config->outgoing->name;
	row->subject = n->notice->subject;
	row->payload = rd_arena_copy(n->arena, rd_buf_str(&bytes), bytes.len);
	row->payload_len = bytes.len;
	return RD_OK;
}

/* By a number of that landlord, else by any. */
static const struct rd_texts_config *number_of(const struct noting *n)
{
	const struct rd_config *config = n->office->config;

	for (size_t i = 0; i < config->n_texts; i++)
		if (strcmp(config->texts[i].landlord, n->notice->landlord) == 0)
			return &config->texts[i];
	return config->n_texts > 0 ? &config->texts[0] : NULL;
}

static enum rd_rc write_text(struct noting *n, struct rd_outbox_row *row, struct rd_err *err)
{
	const struct rd_texts_config *texts = number_of(n);

	if (texts == NULL || n->notice->short_text[0] == '\0')
		return rd_fail(err, RD_E_MISSING, "no `Texts:` stanza: no text can be sent");
	row->channel = RD_CHANNEL_SMS;
	row->outgoing = texts->name;
	row->subject = "";
	row->message_id = key_of(n, NULL);
	row->payload = n->notice->short_text;
	if (texts->kind == RD_TEXTS_NOTIFY)
		RD_TRY(rd_notify_payload(
			texts->template_id, n->notice->short_text, n->arena, &row->payload, err));
	row->payload_len = strlen(row->payload);
	return RD_OK;
}

enum rd_rc rd_notice_put(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_notice *notice, struct rd_arena *arena, int64_t *ret_outbox_id,
	struct rd_err *err)
{
	struct noting n = { .tx = tx, .office = office, .notice = notice, .arena = arena };
	struct rd_outbox_row row = {
		.letter = RD_NOTICE_LETTER,
		.cause = notice->cause,
		.channel = RD_CHANNEL_EMAIL,
		.letter_version = "notice 1",
		.hold_reason = "",
		.meets_clock = "",
		.emergency = notice->at_once,
	};

	choose_time(&n);
	row.recipient = n.to;
	row.not_before_ms = n.leave_ms;
	row.written_for = rd_date_of(n.leave_ms);
	if (strchr(n.to, '@') != NULL)
		RD_TRY(write_mail(&n, &row, err));
	else
		RD_TRY(write_text(&n, &row, err));
	if (rd_arena_overflowed(arena) || row.payload == NULL)
		return rd_fail(err, RD_E_RANGE, "the notice does not fit in memory");
	return rd_outbox_put(tx, &row, rd_office_now(office), ret_outbox_id, err);
}
