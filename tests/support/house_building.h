/* house_building: how the house of house.h is built, opened, closed and taken down. Its folder
 * holds its rules, its configuration, its store and the ways in and out.
 *
 * The rules are the house's own few (house_rules below), so that the shipped pack's wording can
 * change; landlord, letters and calendars are copies of the shipped ones. Two mailboxes
 * ("complaints", "repairs"), one number ("texts"), a Maildir and a tray as the way out.
 */
#ifndef REDRESS_SUPPORT_HOUSE_BUILDING_H
#define REDRESS_SUPPORT_HOUSE_BUILDING_H

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include <cmocka.h>

#include "redress/gateway/activate.h"
#include "redress/gateway/desk.h"
#include "redress/gateway/pipeline.h"
#include "redress/reader/reader.h"
#include "redress/store/intake.h"
#include "redress/store/queue.h"
#include "redress/store/rulesets.h"
#include "support/folder.h"

#define HOUSE_NOON "2026-11-17T12:00:00Z" /* a Tuesday; due dates: 24 November (acknowledge) */

#define HOUSE_FILE_MAX (8u << 20)

static const char house_rules[] =
	"Ruleset: house\nRequest below: 2.0\nComplaint from: 4.0\nCap per group: 9.0\n"
	"\n"
	"Rule: complaining\nMeans: Says that it complains\nGroup: word\nPoints: 5\n"
	"Phrase: i am complaining\nUnless near: my neighbour* says [within 3 words]\n"
	"Must match: I am complaining\nMust not match: I am well\n"
	"\n"
	"Rule: waiting\nMeans: Still waits\nTopic: a delay\nGroup: delay\nPoints: 2.5\n"
	"Phrase: still waiting\nMust match: I am still waiting\nMust not match: I am well\n"
	"\n"
	"Rule: leak\nMeans: About a leak\nTopic: a leak\nFor: service_request\nGroup: matter\n"
	"Points: 2\nPhrase: (leak|leaks|leaking)\nMust match: the roof leaks\n"
	"Must not match: I am well\n"
	"\n"
	"Rule: hours\nMeans: Asks about the office\nTopic: our opening hours\nFor: enquiry\n"
	"Group: matter\nPoints: 3\nPhrase: what time\nMust match: what time do you open\n"
	"Must not match: I am well\n"
	"\n"
	"Rule: praise\nMeans: Praises\nTopic: your kind words\nFor: compliment\nGroup: praise\n"
	"Points: 4\nPhrase: well done\nMust match: well done to all\nMust not match: I am well\n"
	"\n"
	"Rule: circular\nMeans: Nothing for us\nFor: other\nGroup: other\nPoints: 6\n"
	"Phrase: our newsletter\nMust match: our newsletter of May\nMust not match: I am well\n"
	"\n"
	"Rule: gas\nMeans: Gas\nTopic: a safety hazard\nGroup: danger\nFlag: health_safety\n"
	"Phrase: smell gas\nMust match: I smell gas\nMust not match: I am well\n"
	"\n"
	"Rule: cold\nMeans: No heating\nTopic: heating\nGroup: danger\nFlag: heat_loss\n"
	"Phrase: no heating\nMust match: we have no heating\nMust not match: I am well\n"
	"\n"
	"Rule: afraid\nMeans: Is afraid\nGroup: danger\nFlag: safeguarding\n"
	"Phrase: afraid of him\nMust match: I am afraid of him\nMust not match: I am well\n"
	"\n"
	"Rule: informal\nMeans: Wants nothing formal\nGroup: wish\nFlag: asks_not_formal\n"
	"Phrase: nothing formal\nMust match: nothing formal please\nMust not match: I am well\n"
	"\n"
	"Rule: stage-two\nMeans: Asks for stage 2\nGroup: wish\nFlag: stage2_request\n"
	"Phrase: stage two\nMust match: I want stage two\nMust not match: I am well\n";

struct house_options {
	const char *gateway; /* NULL: "house" */
	const char *starts;  /* NULL: HOUSE_NOON */
	const char *config;  /* further stanzas or lines at the end */
	const char *way_out; /* the `Outgoing:` stanza's kind and where it leads; NULL: a Maildir */
	bool letters_approved;
	int text_pause_s;	/* 0: 90; -1: none */
	const char *start_from; /* NULL: now */
	const char *text_hours; /* NULL: 08:00-20:00 */
	const char *staff;	/* NULL: none */
	bool two_landlords;
	const char *profile; /* code-2024 is this landlord's policy under its name; NULL: its own */
};

static const char *const house_landlords[] = { "code-2024", "homes-in-sedgemoor" };

struct house {
	struct house_options options;
	char dir[FOLDER_MAX];
	char state[96], rules[96];
	int64_t now_ms;
	struct rd_clock clock;
	struct rd_config *config;
	struct rd_store *store;
	struct rd_desk desk;
	struct rd_db *db; /* the desk's */
	struct rd_reader *reader;
	struct rd_pipeline pipeline;
	int64_t boxes[3], numbers[2], epoch;
	uint32_t n_put;
	struct rd_arena *arena;
	struct rd_err err;
	int max_pages; /* of the store at its next opening; 0: no limit */
};

static struct rd_spawner *house_spawner; /* started in house_main, before anything else */

/* The store of the program's first house as its rules went live. Houses that begin with the same
 * rules at the same instant begin with a copy: proving rules and letters takes most of a house's
 * making. */
static struct {
	char dir[FOLDER_MAX], state[96];
	char sha256[RD_RULESET_NAME_MAX];
	int64_t now_ms;
	size_t n_landlords;
	pid_t owner; /* the spawner's children take nothing down */
} house_begun;

static inline void house_ok(
	enum rd_rc rc, const struct rd_err *err, const char *what, const char *file, int line)
{
	if (rc == RD_OK)
		return;
	print_error("%s: %s (%d)\n", what, err->msg, (int)rc);
	_fail(file, line);
}
#define OK(call) house_ok((call), &h->err, #call, __FILE__, __LINE__)

static inline int64_t house_instant(const char *text)
{
	struct rd_err err = { 0 };
	int64_t ms = 0;

	if (rd_instant_parse(text, &ms, &err) != RD_OK)
		fail_msg("%s", err.msg);
	return ms;
}

static inline struct rd_date house_day(const char *text)
{
	struct rd_err err = { 0 };
	struct rd_date day = { 0 };

	if (rd_date_parse(text, &day, &err) != RD_OK)
		fail_msg("%s", err.msg);
	return day;
}

static inline void house_day_is(struct rd_date day, const char *wanted, const char *file, int line)
{
	char text[RD_DATE_MAX] = "no date";

	if (rd_date_is_set(day))
		rd_date_format(day, text);
	_assert_string_equal(text, wanted, file, line);
}
#define DAY_IS(day, wanted) house_day_is((day), (wanted), __FILE__, __LINE__)

static inline void house_at(struct house *h, const char *instant)
{
	h->now_ms = house_instant(instant);
}

static inline int64_t house_clock_now(void *context)
{
	return ((struct house *)context)->now_ms;
}

/* --- files --- */

static inline void house_write(const char *path, const void *bytes, size_t len)
{
	FILE *file = fopen(path, "we");

	if (file == NULL || fwrite(bytes, 1, len, file) != len || fclose(file) != 0)
		fail_msg("%s: %s", path, strerror(errno));
	chmod(path, 0600);
}

static inline char *house_read(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "re");
	char *bytes = malloc(HOUSE_FILE_MAX + 1);

	if (file == NULL || bytes == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	*ret_len = fread(bytes, 1, HOUSE_FILE_MAX, file);
	bytes[*ret_len] = '\0';
	fclose(file);
	return bytes;
}

/* Copies a folder of the shipped rules; `was` is replaced by `is` in each file where not NULL. */
static inline void house_copy_folder(
	const struct house *h, const char *name, const char *only, const char *was, const char *is)
{
	char from[512], to[512];
	const struct dirent *entry;
	DIR *dir;

	snprintf(to, sizeof to, "%s/%s", h->rules, name);
	mkdir(to, 0700);
	snprintf(from, sizeof from, "%s/rules/%s", RD_SOURCE_DIR, name);
	dir = opendir(from);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		size_t len;
		char *bytes, *at;

		if (entry->d_name[0] == '.' || (only != NULL && strcmp(entry->d_name, only) != 0))
			continue;
		snprintf(from, sizeof from, "%s/rules/%s/%.200s", RD_SOURCE_DIR, name,
			entry->d_name);
		snprintf(to, sizeof to, "%s/%s/%.200s", h->rules, name, entry->d_name);
		bytes = house_read(from, &len);
		at = was != NULL ? strstr(bytes, was) : NULL;
		if (at != NULL) {
			FILE *file = fopen(to, "we");
			fprintf(file, "%.*s%s%s", (int)(at - bytes), bytes, is, at + strlen(was));
			fclose(file);
		} else {
			house_write(to, bytes, len);
		}
		free(bytes);
	}
	closedir(dir);
}

/* The shipped profile of another landlord, as code-2024. */
static inline void house_borrow_profile(const struct house *h, const char *name)
{
	char path[512], was[96];
	size_t len;
	char *bytes, *at;
	FILE *file;

	snprintf(path, sizeof path, "%s/rules/landlords/%s.landlord", RD_SOURCE_DIR, name);
	bytes = house_read(path, &len);
	snprintf(was, sizeof was, "\nLandlord: %s\n", name);
	at = strstr(bytes, was);
	assert_non_null(at);
	snprintf(path, sizeof path, "%s/landlords/code-2024.landlord", h->rules);
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, "%.*s\nLandlord: code-2024\n%s", (int)(at - bytes), bytes, at + strlen(was));
	fclose(file);
	free(bytes);
}

static inline void house_write_rules(const struct house *h, const char *rules)
{
	char path[128];

	snprintf(path, sizeof path, "%s/core.rules", h->rules);
	house_write(path, rules, strlen(rules));
}

static inline size_t house_count_files(const struct house *h, const char *folder)
{
	char path[256];
	const struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	snprintf(path, sizeof path, "%s/%s", h->dir, folder);
	dir = opendir(path);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	if (dir != NULL)
		closedir(dir);
	return n;
}

/* --- the house itself --- */

static inline void house_configure(struct house *h)
{
	const struct house_options *o = &h->options;
	const char *gateway = o->gateway != NULL ? o->gateway : "house";
	char text[4096], path[128];

	snprintf(path, sizeof path, "%s/token", h->dir);
	house_write(path, "12345\n", 6);
	snprintf(text, sizeof text,
		"Gateway: %s\nState: %s\nRules: %s\nLandlord: code-2024\n"
		"Listen: 127.0.0.1:0\nAlarms to: alarms@%s.example\nText hours: %s\nText pause: %d "
		"s\n%s%s%s"
		"\nMailbox: complaints\nKind: maildir\nPath: %s/complaints\n%s%s%s"
		"\nMailbox: repairs\nKind: maildir\nPath: %s/repairs\n"
		"\nTexts: texts\nKind: tray\nNumber: +447700900000\nPath: %s/tray\n"
		"Token: file %s/token\n"
		"\nOutgoing: letters\n%s%s%s"
		"From: Complaints Team <complaints@%s.example>\n%s",
		gateway, h->state, h->rules, gateway,
		o->text_hours != NULL ? o->text_hours : "08:00-20:00",
		o->text_pause_s == 0  ? 90
		: o->text_pause_s < 0 ? 0
				      : o->text_pause_s,
		o->staff != NULL ? "Staff: " : "", o->staff != NULL ? o->staff : "",
		o->staff != NULL ? "\n" : "", h->dir, o->start_from != NULL ? "Start from: " : "",
		o->start_from != NULL ? o->start_from : "", o->start_from != NULL ? "\n" : "",
		h->dir, h->dir, h->dir, o->way_out != NULL ? o->way_out : "Kind: maildir\nPath: ",
		o->way_out != NULL ? "" : h->dir, o->way_out != NULL ? "" : "/sent\n", gateway,
		o->config != NULL ? o->config : "");
	if (o->two_landlords)
		snprintf(text + strlen(text), sizeof text - strlen(text),
			"\nMailbox: elsewhere\nKind: maildir\nPath: %s/elsewhere\nLandlord: %s\n"
			"\nTexts: others\nKind: tray\nNumber: +447700900001\nPath: %s/tray\n"
			"Token: file %s/token\nLandlord: %s\n",
			h->dir, house_landlords[1], h->dir, h->dir, house_landlords[1]);
	OK(rd_config_parse("house.conf", text, strlen(text), &h->config, &h->err));
}

static inline void house_activate(struct house *h, struct rd_db *db)
{
	static const struct rd_actor author = { RD_AUTHOR_FIRST_START, -1 };
	char sha256[RD_RULESET_NAME_MAX];
	bool changed;

	OK(rd_rules_activate(db, h->rules, house_landlords, h->options.two_landlords ? 2 : 1,
		&author, "an empty store", h->now_ms, &changed, sha256, &h->err));
}

/* The rules folder, as `rules activate` or a reload takes it. */
static inline enum rd_rc house_try_rules(struct house *h, enum rd_activation_how how, bool accept,
	struct rd_activation_outcome *ret_outcome)
{
	struct rd_rulefiles files;
	const struct rd_activation_order order = {
		.config = h->config,
		.files = &files,
		.dir = h->rules,
		.how = how,
		.author = { how == RD_RELOAD ? RD_AUTHOR_RELOAD : "Pat",
			how == RD_RELOAD ? -1 : 1000 },
		.reason = "edited",
		.now_ms = h->now_ms,
		.accept = accept,
		.spawner = house_spawner,
		.n_days = RD_BACKTEST_DAYS,
		.confirmed_only = how == RD_RELOAD,
		.n_children = 1,
	};

	RD_TRY(rd_rulefiles_read(h->rules, h->arena, &files, &h->err));
	return rd_rules_activate_tried(h->db, &order, ret_outcome, &h->err);
}

static inline void house_take_sources(struct house *h)
{
	const struct rd_source_identity boxes[3] = {
		{ RD_SOURCE_IMAP, "one.example.org", "", "INBOX" },
		{ RD_SOURCE_IMAP, "two.example.org", "", "INBOX" },
		{ RD_SOURCE_IMAP, "elsewhere.example.org", "", "INBOX" },
	};
	const struct rd_source_identity numbers[2] = {
		{ RD_SOURCE_TEXTS, "tray", "", "+447700900000" },
		{ RD_SOURCE_TEXTS, "tray", "", "+447700900001" },
	};
	static const char *const names[3] = { "complaints", "repairs", "elsewhere" };
	const size_t n_landlords = h->options.two_landlords ? 2 : 1;
	struct rd_tx *tx = NULL;
	struct rd_epoch epoch;
	bool is_new;

	OK(rd_tx_begin(h->db, &tx, &h->err));
	for (size_t i = 0; i < 1 + n_landlords; i++)
		OK(rd_source_take(
			tx, &boxes[i], names[i], h->now_ms, &h->boxes[i], &is_new, &h->err));
	for (size_t i = 0; i < n_landlords; i++)
		OK(rd_source_take(tx, &numbers[i], i == 0 ? "texts" : "others", h->now_ms,
			&h->numbers[i], &is_new, &h->err));
	OK(rd_epoch_take(tx, h->boxes[0], 7, 1, 1, h->now_ms, &epoch, &h->err));
	h->epoch = epoch.id;
	OK(rd_tx_commit(&tx, &h->err));
}

static inline void house_copy_state(const char *from, const char *to)
{
	size_t len;
	char *bytes = house_read(from, &len);

	assert_in_range(len, 1, HOUSE_FILE_MAX - 1);
	house_write(to, bytes, len);
	free(bytes);
}

static inline void house_forget_begun(void)
{
	if (getpid() == house_begun.owner)
		folder_remove(house_begun.dir);
}

static inline void house_remember_begun(const struct house *h, const char *sha256)
{
	folder_make(house_begun.dir, "begun");
	snprintf(house_begun.state, sizeof house_begun.state, "%s/state", house_begun.dir);
	house_copy_state(h->state, house_begun.state);
	snprintf(house_begun.sha256, sizeof house_begun.sha256, "%s", sha256);
	house_begun.now_ms = h->now_ms;
	house_begun.n_landlords = h->options.two_landlords ? 2 : 1;
	house_begun.owner = getpid();
	atexit(house_forget_begun);
}

/* A new store, its rules live. */
static inline void house_begin(struct house *h)
{
	const struct rd_store_options options = {
		.path = h->state, .create = true, .daemon = true
	};
	struct rd_store *store = NULL;
	struct rd_db *db = NULL;
	struct rd_rulefiles files;

	OK(rd_rulefiles_read(h->rules, h->arena, &files, &h->err));
	if (strcmp(files.sha256, house_begun.sha256) == 0 && h->now_ms == house_begun.now_ms &&
		(h->options.two_landlords ? 2u : 1u) == house_begun.n_landlords) {
		house_copy_state(house_begun.state, h->state);
		return;
	}
	OK(rd_store_open(&options, &store, &h->err));
	OK(rd_db_open(store, &db, &h->err));
	house_activate(h, db);
	rd_db_close(db);
	rd_store_close(store);
	if (house_begun.owner == 0)
		house_remember_begun(h, files.sha256);
}

/* Opens what lies in the folder; the first time the rules become live. */
static inline void house_open(struct house *h)
{
	static const struct rd_actor actor = { RD_ACTOR_DAEMON, -1 };
	const struct rd_store_options options = {
		.path = h->state, .create = true, .daemon = true, .max_pages = h->max_pages
	};

	if (access(h->state, F_OK) != 0)
		house_begin(h);
	OK(rd_store_open(&options, &h->store, &h->err));
	OK(rd_desk_open(&h->desk, h->store, h->config, &h->clock, &actor, &h->err));
	h->db = h->desk.db;
	OK(rd_reader_open(house_spawner, 1, rd_live_files(h->desk.live), h->desk.landlords,
		h->desk.n_landlords, rd_live_off(h->desk.live), &h->reader, &h->err));
	h->pipeline = (struct rd_pipeline){
		.db = h->db, .reader = h->reader, .office = h->desk.office, .stop_fd = -1
	};
	OK(rd_queue_start_run(h->db, h->now_ms, &h->pipeline.run, &h->err));
	house_take_sources(h);
}

static inline void house_close(struct house *h)
{
	rd_reader_close(h->reader);
	rd_desk_close(&h->desk);
	rd_store_close(h->store);
	h->reader = NULL;
	h->store = NULL;
	h->db = NULL;
}

static inline struct house *house_new(const struct house_options *options)
{
	struct house *h = calloc(1, sizeof *h);
	char path[128];

	assert_non_null(h);
	if (options != NULL)
		h->options = *options;
	folder_make(h->dir, "house");
	snprintf(h->state, sizeof h->state, "%s/state", h->dir);
	snprintf(h->rules, sizeof h->rules, "%s/rules", h->dir);
	h->arena = rd_arena_new(512u << 20);
	h->clock = (struct rd_clock){ house_clock_now, h };
	house_at(h, h->options.starts != NULL ? h->options.starts : HOUSE_NOON);
	mkdir(h->rules, 0700);
	snprintf(path, sizeof path, "%s/tray", h->dir);
	mkdir(path, 0700);
	house_copy_folder(h, "landlords", "code-2024.landlord",
		h->options.letters_approved ? "Letters: at once" : NULL, "Letters: approved");
	if (h->options.profile != NULL)
		house_borrow_profile(h, h->options.profile);
	if (h->options.two_landlords)
		house_copy_folder(h, "landlords", "homes-in-sedgemoor.landlord", NULL, NULL);
	house_copy_folder(h, "letters", NULL, NULL, NULL);
	house_copy_folder(h, "calendars", NULL, NULL, NULL);
	house_write_rules(h, house_rules);
	house_configure(h);
	house_open(h);
	return h;
}

static inline void house_free(struct house *h)
{
	house_close(h);
	rd_config_free(h->config);
	rd_arena_free(h->arena);
	folder_remove(h->dir);
	free(h);
}

#endif
