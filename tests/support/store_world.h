/* store_world: a fresh store in a temporary folder, and short ways to put things into it. */
#ifndef REDRESS_SUPPORT_STORE_WORLD_H
#define REDRESS_SUPPORT_STORE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "redress/store/casebook.h"
#include "redress/store/intake.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"
#include "redress/store/rulesets.h"
#include "redress/store/sql.h"
#include "redress/store/status.h"
#include "support/folder.h"

#define NOW_MS INT64_C(1780000000000) /* a day in May 2026 */

struct store_world {
	char dir[FOLDER_MAX];
	char path[128];
	struct rd_store *store;
	struct rd_db *db;
	struct rd_arena *arena;
	int64_t source, epoch, numbers; /* a mailbox, its UIDVALIDITY, a number for texts */
	int64_t run;
	struct rd_err err;
};

#define OK(call)	  world_ok((call), &w->err, #call, __FILE__, __LINE__)
#define FAILS(code, call) assert_int_equal((call), (code))

static inline void world_ok(
	enum rd_rc rc, const struct rd_err *err, const char *what, const char *file, int line)
{
	if (rc != RD_OK) {
		print_error("%s: %s\n", what, err->msg);
		_fail(file, line);
	}
}

static inline void world_open(struct store_world *w)
{
	struct rd_store_options options = { .path = w->path, .create = true };

	OK(rd_store_open(&options, &w->store, &w->err));
	OK(rd_db_open(w->store, &w->db, &w->err));
}

static inline void world_close(struct store_world *w)
{
	rd_db_close(w->db);
	rd_store_close(w->store);
	w->db = NULL;
	w->store = NULL;
}

/* What a test wants of one transaction: TX(call using tx). */
#define TX(call)                                                                                   \
	do {                                                                                       \
		struct rd_tx *tx = NULL;                                                           \
		OK(rd_tx_begin(w->db, &tx, &w->err));                                              \
		OK(call);                                                                          \
		OK(rd_tx_commit(&tx, &w->err));                                                    \
	} while (0)
/* One that fails with a code and is rolled back. */
#define TX_FAILS(code, call)                                                                       \
	do {                                                                                       \
		struct rd_tx *tx = NULL;                                                           \
		OK(rd_tx_begin(w->db, &tx, &w->err));                                              \
		enum rd_rc tx_rc_ = (call);                                                        \
		rd_tx_rollback(&tx);                                                               \
		assert_int_equal(tx_rc_, (code));                                                  \
	} while (0)

static inline int world_setup(void **state)
{
	struct store_world *w = calloc(1, sizeof *w);
	struct rd_source_identity mailbox = { RD_SOURCE_IMAP, "mail.example.org", "help", "INBOX" };
	struct rd_source_identity number = { RD_SOURCE_TEXTS, "tray", "", "+447700900000" };
	struct rd_epoch epoch;
	bool is_new = false;

	assert_non_null(w);
	*state = w;
	folder_make(w->dir, "store");
	snprintf(w->path, sizeof w->path, "%s/state", w->dir);
	w->arena = rd_arena_new(64u << 20);
	world_open(w);
	TX(rd_source_take(tx, &mailbox, "help", NOW_MS, &w->source, &is_new, &w->err));
	TX(rd_source_take(tx, &number, "texts", NOW_MS, &w->numbers, &is_new, &w->err));
	TX(rd_epoch_take(tx, w->source, 7, 1, 1, NOW_MS, &epoch, &w->err));
	w->epoch = epoch.id;
	OK(rd_queue_start_run(w->db, NOW_MS, &w->run, &w->err));
	return 0;
}

static inline int world_teardown(void **state)
{
	struct store_world *w = *state;

	world_close(w);
	rd_arena_free(w->arena);
	folder_remove(w->dir);
	free(w);
	return 0;
}

static inline struct rd_mail_put world_mail(const struct store_world *w, uint32_t uid)
{
	return (struct rd_mail_put){
		.source_id = w->source,
		.landlord = "code-2024",
		.epoch_id = w->epoch,
		.uid = uid,
		.received_ms = NOW_MS,
		.first_seen_ms = NOW_MS,
	};
}

static inline int64_t world_put_mail(struct store_world *w, uint32_t uid)
{
	struct rd_mail_put mail = world_mail(w, uid);
	int64_t id = 0;

	TX(rd_intake_put_mail(tx, &mail, "Subject: x\r\n\r\nbody", 18, &id, &w->err));
	return id;
}

static inline int64_t world_put_text(
	struct store_world *w, const char *provider_id, const char *from, int64_t seen_ms)
{
	struct rd_text_put text = {
		.source_id = w->numbers,
		.landlord = "code-2024",
		.provider_id = provider_id,
		.from = from,
		.to = "+447700900000",
		.body = "no heating",
		.body_len = 10,
		.received_ms = seen_ms,
		.first_seen_ms = seen_ms,
	};
	int64_t id = 0;

	TX(rd_intake_put_text(tx, &text, &id, &w->err));
	return id;
}

static inline size_t world_claim(
	struct store_world *w, int64_t now_ms, struct rd_claimed **items, int64_t *next_ms)
{
	size_t n = 0;

	OK(rd_queue_claim(w->db, w->run, now_ms, 50, 90000, w->arena, items, &n, next_ms, &w->err));
	return n;
}

static inline struct rd_case_new world_new_case(const char *address)
{
	return (struct rd_case_new){
		.landlord = "code-2024",
		.kind = RD_COMPLAINT,
		.stage = RD_STAGE_1,
		.status = RD_STATUS_OPEN,
		.channel = RD_BY_EMAIL,
		.address = address,
		.name = "Ann Example",
		.received_ms = NOW_MS,
		.opened_ms = NOW_MS,
	};
}

static inline int64_t world_open_case(struct store_world *w, const char *address)
{
	struct rd_case_new new_case = world_new_case(address);
	int64_t id = 0;

	TX(rd_case_open(tx, &new_case, &id, &w->err));
	return id;
}

/* A rule set is in the store that calls something so. */
static inline void world_rules_say(struct store_world *w, const char *topic)
{
	char text[128];
	struct rd_rulefile item = { "a.rules", text, 0 };
	struct rd_rulefiles files;

	item.len = (size_t)snprintf(text, sizeof text, "Rule: a\nTopic: %s\nGroup: b\n", topic);
	OK(rd_rulefiles_take(&item, 1, &files, &w->err));
	TX(rd_rulesets_put(tx, &files, NOW_MS, &w->err));
}

/* A message read, as the reader would have told it. */
static inline struct rd_message world_message(const char *from, const char *message_id, int key)
{
	static const struct rd_span whole = { RD_SPAN_NEW, 0, 4 };
	struct rd_message message = {
		.subject = "leak",
		.subject_len = 4,
		.body = "help",
		.body_len = 4,
		.spans = &whole,
		.n_spans = 1,
		.from = { "Ann", from },
		.return_path = "",
		.message_id = message_id,
		.date_header = "",
		.automatic = { .own_loop = "" },
	};
	memset(message.content_key, key, sizeof message.content_key);
	memset(message.header_key, *message_id ? *message_id : 0, sizeof message.header_key);
	return message;
}

/* Claims everything due and finishes `id` with a fate; its reading goes in before. */
static inline void world_finish(struct store_world *w, int64_t id, const struct rd_fate *fate,
	const struct rd_message *message)
{
	static const struct rd_score score = { .kind = RD_COMPLAINT };
	struct rd_claimed *items = NULL;
	int64_t next_ms = 0;
	struct rd_tx *tx = NULL;

	world_claim(w, NOW_MS + 3600000, &items, &next_ms);
	OK(rd_tx_begin(w->db, &tx, &w->err));
	if (message)
		OK(rd_reading_put(tx, id, message, &score, "sha256:0", NOW_MS, &w->err));
	OK(rd_queue_finish(tx, id, fate, NOW_MS, &w->err));
	OK(rd_tx_commit(&tx, &w->err));
}

static inline void world_ledger_holds(struct store_world *w)
{
	const char **problems = NULL;
	size_t n = 0;

	OK(rd_ledger_check(w->db, false, w->arena, &problems, &n, &w->err));
	if (n)
		fail_msg("ledger: %s", problems[0]);
}

#endif
