/* reader_world: a reader with its sealed children, requests to put to it, and what it made of them.
 *
 * main() calls rd_reader_main_if_child, then start_spawner, and stops the spawner at its end.
 * Every test is a WITH(), which says how many children its reader has.
 */
#ifndef REDRESS_SUPPORT_READER_WORLD_H
#define REDRESS_SUPPORT_READER_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/clock.h"
#include "redress/reader/reader.h"

#define DEADLINE_MS	 120000
#define MAIL_MAX	 2048
#define N_GOOD		 50
#define WITH(open, test) cmocka_unit_test_setup_teardown(test, open, close_all)

static const char rules_one[] = "Ruleset: core\nRequest below: 2.0\nComplaint from: 3.5\n"
				"\n"
				"Rule: fed-up\nMeans: Is fed up\nTopic: how we treated you\n"
				"Group: feelings\nPoints: 5\nPhrase: fed up\n"
				"Must match: I am fed up\nMust not match: I am well\n";
static const char *const landlords[] = { "code-2024" };

static struct rd_spawner *spawner; /* started in main, before anything else */

static inline void start_spawner(void)
{
	struct rd_err err = { 0 };

	if (rd_spawner_start(&spawner, &err) != RD_OK) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
}

struct fixture {
	struct rd_reader *reader;
	struct rd_arena *arena;
	size_t n;
	struct rd_raw_memory memories[N_GOOD + 8];
	struct rd_reading_request requests[N_GOOD + 8];
	struct rd_reading readings[N_GOOD + 8];
	char mails[N_GOOD + 8][MAIL_MAX];
};

static inline void take_rules(
	const char *text, struct rd_rulefile items[static 2], struct rd_rulefiles *files)
{
	struct rd_err err = { 0 };

	items[0] = (struct rd_rulefile){ "core.rules", text, strlen(text) };
	items[1] = (struct rd_rulefile){ "landlords/code-2024.landlord", "", 0 };
	if (rd_rulefiles_take(items, 2, files, &err) != RD_OK)
		fail_msg("%s", err.msg);
}

static inline int open_reader(void **state, int n_children)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct rd_rulefile items[2];
	struct rd_rulefiles files;
	struct rd_err err = { 0 };

	if (f == NULL)
		return -1;
	f->arena = rd_arena_new(2 * RD_READING_ARENA_BYTES);
	take_rules(rules_one, items, &files);
	*state = f;
	if (rd_reader_open(spawner, n_children, &files, landlords, 1, NULL, &f->reader, &err) ==
		RD_OK)
		return 0;
	print_error("%s\n", err.msg);
	return -1;
}

static inline int open_one(void **state)
{
	return open_reader(state, 1);
}

static inline int open_two(void **state)
{
	return open_reader(state, 2);
}

static inline int close_all(void **state)
{
	struct fixture *f = *state;

	rd_reader_close(f->reader);
	rd_arena_free(f->arena);
	free(f);
	return 0;
}

static inline void add_raw(
	struct fixture *f, enum rd_channel channel, const void *bytes, size_t len)
{
	f->memories[f->n] = (struct rd_raw_memory){ bytes, len, 0 };
	f->requests[f->n] = (struct rd_reading_request){ .channel = channel,
		.landlord = "code-2024",
		.received_ms = rd_now_ms(&rd_system_clock),
		.from = channel == RD_CHANNEL_SMS ? "+447700900123" : NULL,
		.raw = rd_raw_from_memory(&f->memories[f->n]) };
	f->n++;
}

static inline void add_mail(struct fixture *f, const char *head, const char *body)
{
	char *mail = f->mails[f->n];
	int len = snprintf(mail, MAIL_MAX,
		"From: Asha <asha@example.com>\r\nTo: help@example.org\r\n"
		"Message-ID: <m%zu@example.com>\r\nSubject: Mail %zu\r\n%s\r\n%s\r\n",
		f->n, f->n, head, body);

	assert_true(len > 0 && len < MAIL_MAX);
	add_raw(f, RD_CHANNEL_EMAIL, mail, (size_t)len);
}

static inline void add_good(struct fixture *f, int n)
{
	for (int i = 0; i < n; i++)
		add_mail(f, "", "I am fed up. Nobody came to mend the tap.");
}

static inline void read_all(struct fixture *f)
{
	struct rd_err err = { 0 };

	if (rd_reader_read(f->reader, f->requests, f->n, -1, f->arena, f->readings, &err) != RD_OK)
		fail_msg("%s", err.msg);
}

static inline void check_good(const struct fixture *f, size_t i)
{
	const struct rd_reading *reading = &f->readings[i];
	char subject[32];

	if (reading->end != RD_READ)
		fail_msg("mail %zu was not read: %s", i, reading->detail);
	snprintf(subject, sizeof subject, "Mail %zu", i);
	assert_string_equal(reading->message.subject, subject);
	assert_string_equal(reading->message.from.address, "asha@example.com");
	assert_int_equal(reading->score.kind, RD_COMPLAINT);
	assert_int_equal(reading->score.n_hits, 1);
	assert_string_equal(reading->detail, "");
}

static inline void forget(struct fixture *f)
{
	f->n = 0;
	rd_arena_reset(f->arena);
}

#endif
