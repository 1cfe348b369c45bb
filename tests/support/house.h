/* house: a whole gateway in a temporary folder, without its threads: store, rules, sealed readers,
 * pipeline, timekeeper and sender, under a clock that the test sets. house_building.h builds it;
 * here is what is put into it, what it does, and what is looked at in it.
 *
 * main() calls house_main; every test is a house_test(). After each test the audit chain must
 * verify and hold neither an address nor a number, and the ledger must add up.
 */
#ifndef REDRESS_SUPPORT_HOUSE_H
#define REDRESS_SUPPORT_HOUSE_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utime.h>
#include <cmocka.h>

#include "redress/base/log.h"
#include "redress/gateway/acts.h"
#include "redress/gateway/mailboxes.h"
#include "redress/gateway/pipeline.h"
#include "redress/gateway/posting.h"
#include "redress/gateway/timekeeper.h"
#include "redress/reader/reader.h"
#include "redress/store/audit.h"
#include "redress/store/backup.h"
#include "redress/store/contact.h"
#include "redress/store/intake.h"
#include "redress/store/outbox.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"
#include "redress/store/review.h"
#include "redress/store/status.h"
#include "redress/store/tasks.h"
#include "support/house_building.h"

/* --- what goes in --- */

#define HOUSE_PHONE	"+447700900123"
#define HOUSE_ELSEWHERE 2 /* the other landlord's mailbox */

/* Bodies for most tests. */
#define COMPLAINT "I am complaining. The roof leaks and I am still waiting for somebody to come."
#define REQUEST	  "The tap in the bathroom leaks, could somebody have a look please?"
#define UNSURE	  "The roof leaks and I am still waiting for a visit."
#define NO_TOPIC  "I am complaining about all of it."
#define CIRCULAR  "Here comes our newsletter with all the news."

struct house_mail {
	const char *from; /* NULL: ann@example.com */
	const char *subject, *body, *to;
	const char *id;		     /* NULL: a new one; "": none */
	const char *headers;	     /* further ones, each ended by \r\n */
	const char *received, *seen; /* NULL: now */
	const char *date;	     /* the Date header; NULL: one that never changes */
	int box;
};

static inline int64_t house_put_raw(
	struct house *h, int box, const char *raw, size_t len, int64_t received_ms, int64_t seen_ms)
{
	char name[32];
	struct rd_mail_put put = {
		.source_id = h->boxes[box],
		.landlord = house_landlords[box == HOUSE_ELSEWHERE],
		.name = name,
		.received_ms = received_ms,
		.first_seen_ms = seen_ms,
		.server_bytes = len,
	};
	struct rd_tx *tx = NULL;
	int64_t id = 0;

	snprintf(name, sizeof name, "file-%u", ++h->n_put);
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_intake_put_mail(tx, &put, raw, len, &id, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	return id;
}

static inline int64_t house_put(struct house *h, struct house_mail mail)
{
	const char *from = mail.from != NULL ? mail.from : "Ann Example <ann@example.com>";
	char id[160] = "";
	char *raw;

	if (mail.id == NULL)
		snprintf(id, sizeof id, "Message-ID: <m%u@example.com>\r\n", h->n_put + 1);
	else if (mail.id[0] != '\0')
		snprintf(id, sizeof id, "Message-ID: <%s>\r\n", mail.id);
	raw = rd_arena_printf(h->arena,
		"From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\n%s%s"
		"Content-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
		from, mail.to != NULL ? mail.to : "complaints@house.example",
		mail.subject != NULL ? mail.subject : "My home",
		mail.date != NULL ? mail.date : "Tue, 17 Nov 2026 09:00:00 +0000", id,
		mail.headers != NULL ? mail.headers : "", mail.body);
	return house_put_raw(h, mail.box, raw, strlen(raw),
		mail.received != NULL ? house_instant(mail.received) : h->now_ms,
		mail.seen != NULL ? house_instant(mail.seen) : h->now_ms);
}
/* house_mail_in(h, .body = COMPLAINT, .from = "...") */
#define house_mail_in(house, ...) house_put((house), (struct house_mail){ __VA_ARGS__ })

static inline int64_t house_text_to(
	struct house *h, size_t landlord, const char *from, const char *body)
{
	char provider_id[32];
	const struct rd_text_put put = {
		.source_id = h->numbers[landlord],
		.landlord = house_landlords[landlord],
		.provider_id = provider_id,
		.from = from,
		.to = landlord == 0 ? "+447700900000" : "+447700900001",
		.body = body,
		.body_len = strlen(body),
		.received_ms = h->now_ms,
		.first_seen_ms = h->now_ms,
	};
	struct rd_tx *tx = NULL;
	int64_t id = 0;

	snprintf(provider_id, sizeof provider_id, "SM%u", ++h->n_put);
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(rd_intake_put_text(tx, &put, &id, &h->err));
	OK(rd_tx_commit(&tx, &h->err));
	return id;
}

static inline int64_t house_text(struct house *h, const char *from, const char *body)
{
	return house_text_to(h, 0, from, body);
}

/* --- what happens --- */

static inline void house_work(struct house *h)
{
	struct rd_pipeline_round round;

	do {
		OK(rd_pipeline_round(&h->pipeline, &round, &h->err));
	} while (round.n_done + round.n_back > 0);
}

/* After the text pause. */
static inline void house_work_texts(struct house *h)
{
	h->now_ms += 91000;
	house_work(h);
}

static inline void house_keep_time(struct house *h)
{
	struct rd_timekeeper_round round;

	OK(rd_timekeeper_round(h->db, &h->desk.office, &round, &h->err));
}

static inline void house_send(struct house *h)
{
	bool must_wait = false;

	OK(rd_posting_once(&h->desk, &must_wait, &h->err));
}

static inline struct rd_office house_staff(const struct house *h)
{
	struct rd_office office = h->desk.office;

	office.actor = (struct rd_actor){ "Sam Staff", 1000 };
	return office;
}

/* --- what there is --- */

static inline struct rd_message_row house_message(struct house *h, int64_t id)
{
	struct rd_message_row row;

	OK(rd_queue_show(h->db, id, h->arena, &row, &h->err));
	return row;
}

static inline void house_fate_is(
	struct house *h, int64_t id, enum rd_fate_kind wanted, const char *file, int line)
{
	const struct rd_message_row row = house_message(h, id);

	if (row.fate.kind != wanted) {
		print_error("message %" PRId64 " is %s (%s, %s), not %s\n", id,
			rd_fate_names[row.fate.kind], row.state, row.trouble,
			rd_fate_names[wanted]);
		_fail(file, line);
	}
}
#define FATE_IS(id, wanted) house_fate_is(h, (id), (wanted), __FILE__, __LINE__)

static inline int64_t house_case_of(struct house *h, int64_t message_id)
{
	return house_message(h, message_id).fate.case_id;
}

static inline struct rd_case house_case(struct house *h, int64_t case_id)
{
	struct rd_case matter;

	OK(rd_case_get(h->db, case_id, h->arena, &matter, &h->err));
	return matter;
}

static inline size_t house_n_cases(struct house *h)
{
	struct rd_case *cases;
	size_t n;

	OK(rd_case_list(h->db, NULL, h->arena, &cases, &n, &h->err));
	return n;
}

/* Unset due and id 0 where there is none. */
static inline struct rd_case_clock house_clock(struct house *h, int64_t case_id, const char *name)
{
	struct rd_case_clock *clocks;
	size_t n;

	OK(rd_case_clocks(h->db, case_id, h->arena, &clocks, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(clocks[i].name, name) == 0)
			return clocks[i];
	return (struct rd_case_clock){ .case_id = 0 };
}

static inline bool house_runs(struct house *h, int64_t case_id, const char *name)
{
	const struct rd_case_clock clock = house_clock(h, case_id, name);

	return clock.case_id != 0 && clock.met_ms == 0;
}

/* Letters of a case that are not cancelled; letter NULL: any; case 0: of all cases. */
static inline size_t house_letters(
	struct house *h, int64_t case_id, const char *letter, struct rd_outbox_row *ret_last)
{
	const struct rd_outbox_filter filter = { .case_id = case_id, .letter = letter };
	struct rd_outbox_row *rows;
	size_t n, n_live = 0;

	OK(rd_outbox_list(h->db, &filter, h->arena, &rows, &n, &h->err));
	for (size_t i = 0; i < n; i++) {
		if (rows[i].state == RD_OUTBOX_CANCELLED || rows[i].case_id == 0)
			continue;
		n_live++;
		if (ret_last != NULL)
			*ret_last = rows[i];
	}
	return n_live;
}

/* The only one that is not cancelled. */
static inline struct rd_outbox_row house_letter_at(
	struct house *h, int64_t case_id, const char *letter, const char *file, int line)
{
	struct rd_outbox_row row = { 0 };
	const size_t n = house_letters(h, case_id, letter, &row);

	if (n != 1) {
		print_error("case %" PRId64 " has %zu letters `%s`\n", case_id, n,
			letter != NULL ? letter : "any");
		_fail(file, line);
	}
	return row;
}
#define house_letter(h, case_id, letter) house_letter_at(h, case_id, letter, __FILE__, __LINE__)

/* Soft line ends of quoted-printable and wrapping must not hide words: blanks are one, `=\n` none.
 */
static inline bool house_says(struct house *h, const struct rd_outbox_row *row, const char *words)
{
	char *flat = rd_arena_alloc(h->arena, row->payload_len + 1), *out = flat;
	const char *in = row->payload, *end = in + row->payload_len;

	while (in < end) {
		if (in[0] == '=' && end - in > 2 && in[1] == '\r' && in[2] == '\n') {
			in += 3;
		} else if (strchr(" \r\n", *in) != NULL) {
			if (out == flat || out[-1] != ' ')
				*out++ = ' ';
			in++;
		} else {
			*out++ = *in++;
		}
	}
	*out = '\0';
	return strstr(flat, words) != NULL;
}

/* A task that stands; kind 0 where there is none. */
static inline struct rd_task house_task(struct house *h, int64_t case_id, const char *kind)
{
	struct rd_task *tasks;
	size_t n;

	OK(rd_task_list(h->db, (struct rd_date){ 0 }, h->arena, &tasks, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (tasks[i].case_id == case_id && strcmp(tasks[i].kind, kind) == 0)
			return tasks[i];
	return (struct rd_task){ .kind = NULL };
}

static inline size_t house_n_tasks(struct house *h, int64_t case_id, const char *kind)
{
	struct rd_task *tasks;
	size_t n, n_found = 0;

	OK(rd_task_list(h->db, (struct rd_date){ 0 }, h->arena, &tasks, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		n_found += tasks[i].case_id == case_id &&
			   (kind == NULL || strcmp(tasks[i].kind, kind) == 0);
	return n_found;
}

static inline struct rd_review house_review(struct house *h, int64_t case_id)
{
	struct rd_review *reviews;
	size_t n;

	OK(rd_review_list(h->db, case_id, false, h->arena, &reviews, &n, &h->err));
	assert_int_equal(n, 1);
	return reviews[0];
}

static inline bool house_alarm(struct house *h, const char *cause)
{
	struct rd_alarm *alarms;
	size_t n;

	OK(rd_alarm_list(h->db, h->arena, &alarms, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(alarms[i].cause, cause) == 0)
			return true;
	return false;
}

/* Without its SHA-256 sums, in which any digits may stand by chance. */
static inline const char *house_unhashed(struct house *h, const char *detail)
{
	static const char hex[] = "0123456789abcdef";
	char *text = rd_arena_strdup(h->arena, detail);

	for (char *at = text; *at != '\0';) {
		const size_t n = strspn(at, hex);

		if (n == 64)
			memset(at, '#', n);
		at += n > 0 ? n : 1;
	}
	return text;
}

/* No row of the audit holds these words. */
static inline void house_audit_lacks(struct house *h, const char *words)
{
	struct rd_audit_row *rows;
	size_t n;

	OK(rd_audit_list(h->db, 0, 0, 0, 10000, h->arena, &rows, &n, &h->err));
	for (size_t i = 0; i < n; i++)
		if (strcasestr(house_unhashed(h, rows[i].detail), words) != NULL ||
			strcasestr(rows[i].what, words) != NULL)
			fail_msg("audit row %" PRId64 " holds `%s`: %s", rows[i].seq, words,
				rows[i].detail);
}

static inline void house_check(struct house *h)
{
	const char **problems;
	int64_t rows;
	size_t n;

	OK(rd_audit_verify(h->db, &rows, &h->err));
	house_audit_lacks(h, "@");
	house_audit_lacks(h, "+44");
	house_audit_lacks(h, "77009");
	OK(rd_ledger_check(h->db, false, h->arena, &problems, &n, &h->err));
	if (n > 0)
		fail_msg("ledger: %s", problems[0]);
}

/* --- fixtures --- */

static inline int house_setup(void **state)
{
	*state = house_new(NULL);
	return 0;
}

/* For tests with a house of their own making: house_new(), which they put into *state. */
static inline int house_teardown(void **state)
{
	struct house *h = *state;

	if (h == NULL)
		return 0;
	house_check(h);
	house_free(h);
	*state = NULL;
	return 0;
}

#define house_test(f)	  cmocka_unit_test_setup_teardown(f, house_setup, house_teardown)
#define house_test_own(f) cmocka_unit_test_teardown(f, house_teardown)

/* argv as main got it: a parse child never returns from here. */
static inline void house_main(int argc, char **argv)
{
	struct rd_err err = { 0 };

	rd_reader_main_if_child(argc, argv);
	if (rd_spawner_start(&house_spawner, &err) != RD_OK) {
		fprintf(stderr, "%s\n", err.msg);
		abort();
	}
}

#endif
