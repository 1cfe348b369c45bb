/* intake_world: a store, a mailbox's configuration and a record of its events, for intake's tests.
 */
#ifndef REDRESS_SUPPORT_INTAKE_WORLD_H
#define REDRESS_SUPPORT_INTAKE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>
#include <cmocka.h>

#include "redress/intake/source.h"
#include "redress/store/intake.h"
#include "redress/store/queue.h"
#include "support/child.h"
#include "support/folder.h"

#define WORLD_WAIT_MS 120000 /* what ought to happen has happened by then on any machine */

struct intake_world {
	char dir[FOLDER_MAX];
	char store_path[128];
	char ca[128];
	char other_ca[128];
	char secret[128];
	struct rd_store *store;
	struct rd_db *db;
	struct rd_arena *arena;
	struct rd_mailbox_config config;
	struct rd_intake_events events;
	struct rd_intake_source source;
	struct rd_thread *thread;
	_Atomic size_t n_accepted;
	_Atomic size_t n_success;
	_Atomic size_t n_warnings;
	_Atomic size_t n_alarms;
	char warning[1024]; /* the last */
	char cause[64];
	char alarm[1024];
	_Atomic int exit_when_accepted; /* dies as by a kill, after that many messages */
	_Atomic int stop_when_accepted;
};

static inline void world_warning(void *context, const char *mailbox, const char *sentence)
{
	struct intake_world *w = context;
	(void)mailbox;
	snprintf(w->warning, sizeof w->warning, "%s", sentence);
	w->n_warnings++;
}

static inline void world_alarm(
	void *context, const char *mailbox, const char *cause, const char *sentence)
{
	struct intake_world *w = context;
	(void)mailbox;
	snprintf(w->cause, sizeof w->cause, "%s", cause);
	snprintf(w->alarm, sizeof w->alarm, "%s", sentence);
	w->n_alarms++;
}

static inline void world_accepted(void *context, const char *mailbox, size_t n)
{
	struct intake_world *w = context;
	(void)mailbox;
	w->n_accepted += n;
	if (w->exit_when_accepted && (int)w->n_accepted >= w->exit_when_accepted)
		_exit(9);
}

static inline void world_success(void *context, const char *mailbox)
{
	struct intake_world *w = context;
	(void)mailbox;
	w->n_success++;
}

static inline bool world_stopping(void *context)
{
	struct intake_world *w = context;
	return w->stop_when_accepted && (int)w->n_accepted >= w->stop_when_accepted;
}

static inline void world_open_store(struct intake_world *w, int max_pages)
{
	struct rd_err err = { 0 };
	const struct rd_store_options options = {
		.path = w->store_path,
		.create = true,
		.max_pages = max_pages,
	};
	if (rd_store_open(&options, &w->store, &err) != RD_OK ||
		rd_db_open(w->store, &w->db, &err) != RD_OK)
		fail_msg("%s", err.msg);
	w->source.store = w->store;
}

static inline void world_close_store(struct intake_world *w)
{
	rd_db_close(w->db);
	rd_store_close(w->store);
	w->db = NULL;
	w->store = NULL;
}

/* A fresh store, for each test. */
static inline void world_reset(struct intake_world *w)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".lock" };
	char path[160];
	rd_thread_join(w->thread);
	w->thread = NULL;
	world_close_store(w);
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		snprintf(path, sizeof path, "%s%s", w->store_path, suffixes[i]);
		unlink(path);
	}
	w->n_accepted = 0;
	w->n_success = 0;
	w->n_warnings = 0;
	w->n_alarms = 0;
	w->exit_when_accepted = 0;
	w->stop_when_accepted = 0;
	w->warning[0] = w->cause[0] = w->alarm[0] = '\0';
	w->config = (struct rd_mailbox_config){
		.name = "homes",
		.path = "",
		.host = "localhost",
		.folder = "INBOX",
		.ca_file = w->ca,
		.user = "alice",
		.password = { RD_SECRET_FILE, w->secret },
		.landlord = "code-2024",
		.start_from = RD_START_ALL,
		.afterwards_word = "",
		.size_limit_bytes = 64u << 20,
	};
	world_open_store(w, 0);
}

static inline struct intake_world *world_new(const char *name)
{
	struct intake_world *w = calloc(1, sizeof *w);
	folder_make(w->dir, name);
	snprintf(w->store_path, sizeof w->store_path, "%s/store.db", w->dir);
	snprintf(w->ca, sizeof w->ca, "%s/ca.pem", w->dir);
	snprintf(w->other_ca, sizeof w->other_ca, "%s/other-ca.pem", w->dir);
	snprintf(w->secret, sizeof w->secret, "%s/secret", w->dir);
	FILE *file = fopen(w->secret, "we");
	fputs("secret\n", file);
	fclose(file);
	chmod(w->secret, 0600);
	w->arena = rd_arena_new(64u << 20);
	w->events = (struct rd_intake_events){
		.context = w,
		.warning = world_warning,
		.alarm = world_alarm,
		.accepted = world_accepted,
		.success = world_success,
		.stopping = world_stopping,
	};
	w->source = (struct rd_intake_source){
		.config = &w->config,
		.clock = &rd_system_clock,
		.events = &w->events,
	};
	return w;
}

static inline void world_free(struct intake_world *w)
{
	rd_thread_join(w->thread);
	world_close_store(w);
	rd_arena_free(w->arena);
	folder_remove(w->dir);
	free(w);
}

/* What the store knows of its nth message, from 1. */
static inline struct rd_message_row world_message(struct intake_world *w, int64_t id)
{
	struct rd_message_row row = { 0 };
	struct rd_err err = { 0 };
	if (rd_queue_show(w->db, id, w->arena, &row, &err) != RD_OK)
		fail_msg("message %d: %s", (int)id, err.msg);
	return row;
}

/* SHA-256 of its stored bytes in hex, and how many they are. */
static inline size_t world_digest(struct intake_world *w, int64_t id, char hex[static 65])
{
	struct rd_err err = { 0 };
	struct rd_raw_reader *reader = NULL;
	gnutls_hash_hd_t hash;
	unsigned char digest[32];
	const void *piece = NULL;
	size_t len = 0, total = 0;
	if (rd_raw_open(w->db, id, &reader, &err) != RD_OK)
		fail_msg("%s", err.msg);
	gnutls_hash_init(&hash, GNUTLS_DIG_SHA256);
	while (rd_raw_next(reader, &piece, &len, &err) == RD_OK && len > 0) {
		gnutls_hash(hash, piece, len);
		total += len;
	}
	rd_raw_close(reader);
	gnutls_hash_deinit(hash, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return total;
}

/* Waits until a counter has reached n. */
static inline void world_await(struct intake_world *w, _Atomic size_t *counter, size_t n)
{
	int64_t until = rd_monotonic_ms() + WORLD_WAIT_MS;
	while (*counter < n) {
		if (rd_monotonic_ms() > until)
			fail_msg("waited in vain: %zu of %zu; last warning: %s", (size_t)*counter,
				n, w->warning);
		poll(NULL, 0, 2);
	}
}

#endif
