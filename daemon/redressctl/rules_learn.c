#include "rules_learn.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backtest_print.h"
#include "jsonl.h"
#include "redress/gateway/backtest.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"

#define CHILDREN	 2
#define ITEMS_ARENA_MAX	 (1u << 30) /* of numbers: some 100 bytes a message */
#define ROWS_ARENA_BYTES (64u << 20)
#define PAGE_ROWS	 200
#define ID_MAX		 200

/* What is known of a message while it is with the children. */
struct tag {
	char id[ID_MAX];
	int said;
	double weight;
};

/* Messages on their way. */
struct batch {
	struct rd_learn *learn;
	struct rd_rehearsal *rehearsal;
	struct rd_arena *arena; /* of one run */
	struct rd_rehearsed items[RD_REHEARSAL_MAX];
	struct tag tags[RD_REHEARSAL_MAX];
	size_t n, n_bytes;
	struct rd_jsonl_strays strays;
	struct rd_backtest_print bar;
	double share; /* done, below 0 where nobody knows */
	int64_t n_done;
};

/* ---- the set ---- */

static bool needs_store(const struct rd_learn_request *r)
{
	return r->file == NULL || (r->set != NULL && rd_ctl_set_is_stored(r->set));
}

static enum rd_rc read_set(struct rd_learn *l, struct rd_err *err)
{
	const struct rd_learn_request *r = l->request;
	const char *word = r->set != NULL ? r->set : r->ctl->rules;

	if (word == NULL && r->file == NULL)
		word = r->otherwise != NULL ? r->otherwise : l->desk.config->rules;
	if (word == NULL)
		word = rd_ctl_rules_dir(r->ctl);
	return rd_ctl_set_read(l->db, word, l->sets, &l->set, err);
}

/* A fault names a file: its folder goes before that. */
static enum rd_rc in_its_folder(const struct rd_learn *l, struct rd_err *err)
{
	return l->set.dir != NULL ? rd_rulefiles_fail_in(&l->set.files, l->set.dir, err)
				  : err->code;
}

static bool has_layer(const struct rd_rulefiles *files, const char *landlord)
{
	char name[RD_LAYER_NAME_MAX + 32];

	snprintf(name, sizeof name, "landlords/%s.rules", landlord);
	return rd_rulefiles_find(files, name) != NULL;
}

/* A file's messages belong to nobody: the shipped rules as any landlord without a layer has them.
 */
static enum rd_rc choose_landlord(struct rd_learn *l, struct rd_err *err)
{
	static const char folder[] = "landlords/", ending[] = ".landlord";
	const char *wanted = l->request->landlord;

	if (wanted == NULL && l->request->file == NULL)
		wanted = l->desk.config->landlord;
	for (size_t i = 0; wanted == NULL && i < l->set.files.n_items; i++) {
		const char *file = l->set.files.items[i].name;
		const size_t n = strlen(file), head = sizeof folder - 1, tail = sizeof ending - 1;

		if (n <= head + tail || strncmp(file, folder, head) != 0 ||
			strcmp(file + n - tail, ending) != 0)
			continue;
		snprintf(l->landlord, sizeof l->landlord, "%.*s", (int)(n - head - tail),
			file + head);
		if (!has_layer(&l->set.files, l->landlord))
			return RD_OK;
	}
	if (wanted == NULL)
		return rd_fail(
			err, RD_E_INPUT, "--landlord NAME is missing: whose rules and thresholds?");
	snprintf(l->landlord, sizeof l->landlord, "%s", wanted);
	if (rd_rulefiles_check_landlord(&l->set.files, l->landlord, err) != RD_OK)
		return in_its_folder(l, err);
	return RD_OK;
}

static enum rd_rc compile(struct rd_learn *l, struct rd_err *err)
{
	RD_TRY(choose_landlord(l, err));
	l->layered = has_layer(&l->set.files, l->landlord);
	if (rd_ruleset_compile(&l->set.files, l->landlord, l->now_ms, &l->rules, err) != RD_OK)
		return in_its_folder(l, err);
	return rd_weighing_begin(l->rules, l->arena, &l->weighing, err);
}

/* The spawner first: it must hold nothing of the store. */
static enum rd_rc open_all(struct rd_learn *l, struct rd_err *err)
{
	RD_TRY(rd_spawner_start(&l->spawner, err));
	l->sets = rd_arena_new(RD_CTL_SET_ARENA_BYTES);
	l->arena = rd_arena_new(ITEMS_ARENA_MAX);
	if (needs_store(l->request)) {
		RD_TRY(rd_ctl_open_store(l->request->ctl, false, &l->desk, err));
		RD_TRY(rd_db_open(l->desk.store, &l->db, err));
	}
	RD_TRY(read_set(l, err));
	return compile(l, err);
}

enum rd_exit rd_learn_open(struct rd_learn *learn, const struct rd_learn_request *request)
{
	struct rd_err err = { 0 };

	learn->request = request;
	learn->now_ms = rd_now_ms(&rd_system_clock);
	return open_all(learn, &err) == RD_OK ? RD_EXIT_DONE : rd_ctl_fail(&err);
}

void rd_learn_close(struct rd_learn *learn)
{
	rd_ruleset_free(learn->rules);
	rd_spawner_stop(learn->spawner);
	rd_db_close(learn->db);
	rd_ctl_close(&learn->desk);
	rd_arena_free(learn->sets);
	rd_arena_free(learn->arena);
	free(learn->items);
}

const char *rd_learn_set_words(const struct rd_learn *learn)
{
	const bool named =
		learn->layered || learn->request->file == NULL || learn->request->landlord != NULL;
	const char *words = rd_arena_printf(learn->sets, "%s, %s%s%s", learn->set.words,
		named ? "landlord " : "no landlord's layer", named ? learn->landlord : "",
		named && !learn->layered ? " (no rules of its own)" : "");

	return words != NULL ? words : learn->set.words;
}

/* ---- messages ---- */

static enum rd_rc keep(struct rd_learn *l, const struct tag *tag, enum rd_channel channel,
	const struct rd_score *score, struct rd_err *err)
{
	struct rd_specimen specimen = {
		.id = rd_arena_strdup(l->arena, tag->id),
		.channel = channel,
		.said = tag->said,
		.weight = tag->weight,
	};

	RD_TRY(rd_weighing_take(&l->weighing, score, l->arena, &specimen, err));
	if (l->n == l->size) {
		l->size = l->size == 0 ? 1024 : 2 * l->size;
		l->items = realloc(l->items, l->size * sizeof *l->items);
		RD_ASSERT(l->items != NULL);
	}
	l->items[l->n++] = specimen;
	return RD_OK;
}

static enum rd_rc take(void *context, const struct rd_rehearsed *message, struct rd_err *err)
{
	struct rd_learn *l = context;

	if (message->result.is == NULL) {
		l->n_unread++;
		return RD_OK;
	}
	return keep(l, message->tag, message->message.channel, message->result.is, err);
}

static enum rd_rc run(struct batch *b, struct rd_err *err)
{
	struct rd_backtest unused = { 0 };
	enum rd_rc rc = RD_OK;

	if (b->n > 0)
		rc = rd_rehearsal_run(
			b->rehearsal, b->items, b->n, b->arena, &unused, take, b->learn, err);
	b->n_done += (int64_t)b->n;
	b->n = b->n_bytes = 0;
	rd_arena_reset(b->arena);
	rd_backtest_print_bar(&b->bar, b->share, b->n_done);
	return rc;
}

/* Its message and received_ms are set already. */
static enum rd_rc add(struct batch *b, struct rd_err *err)
{
	struct rd_rehearsed *item = &b->items[b->n];

	item->landlord = b->learn->landlord;
	item->tag = &b->tags[b->n];
	b->n_bytes += item->message.body_len;
	if (++b->n < RD_REHEARSAL_MAX && b->n_bytes < RD_REHEARSAL_TEXT_BYTES)
		return RD_OK;
	return run(b, err);
}

/* ---- of the store ---- */

/* One whose words are gone is taken by the hits that its decision kept. */
static enum rd_rc add_stored(struct batch *b, int64_t message_id, int64_t received_ms, int said,
	double weight, struct rd_err *err)
{
	struct rd_rehearsed *item = &b->items[b->n];
	struct tag *tag = &b->tags[b->n];
	struct rd_score score;
	const char *ruleset;
	bool erased = false;

	*item = (struct rd_rehearsed){ .received_ms = received_ms };
	*tag = (struct tag){ .said = said, .weight = weight };
	snprintf(tag->id, sizeof tag->id, "%" PRId64, message_id);
	RD_TRY(rd_reading_get(b->learn->db, message_id, b->arena, &item->message, &score, &ruleset,
		&erased, err));
	if (!erased)
		return add(b, err);
	b->learn->n_erased++;
	RD_TRY(keep(b->learn, tag, item->message.channel, &score, err));
	/* Nothing waits in the arena: many erased ones in a row must not fill it. */
	if (b->n == 0)
		rd_arena_reset(b->arena);
	return RD_OK;
}

static int by_message(const void *left, const void *right)
{
	const struct rd_label *a = left, *b = right;

	return (a->message_id > b->message_id) - (a->message_id < b->message_id);
}

static enum rd_rc gather_labels(struct batch *b, const struct rd_label *labels, size_t n,
	struct rd_arena *rows, struct rd_err *err)
{
	struct rd_learn *l = b->learn;

	for (size_t i = 0; i < n; i++) {
		const bool sample = labels[i].how == RD_LABEL_SAMPLE;
		const struct rd_arena_mark mark = rd_arena_mark(rows);
		struct rd_message_row row;

		RD_TRY(rd_queue_show(l->db, labels[i].message_id, rows, &row, err));
		l->n_how[labels[i].how]++;
		b->share = (double)(i + 1) / (double)n;
		RD_TRY(add_stored(b, row.id, row.received_ms, (int)labels[i].kind,
			sample ? RD_CTL_SAMPLE_STANDS_FOR : 1, err));
		rd_arena_back_to(rows, mark);
	}
	return run(b, err);
}

/* Pages of stored messages, newest first, until max; labels: those that are taken already. */
static enum rd_rc gather_pages(struct batch *b, const struct rd_replay_range *range,
	const struct rd_label *labels, size_t n_labels, size_t max, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ROWS_ARENA_BYTES);
	struct rd_replay_row *rows, last = { 0 };
	struct rd_learn *l = b->learn;
	size_t n = PAGE_ROWS, n_seen = 0;

	for (bool first = true; n == PAGE_ROWS; first = false) {
		rd_arena_reset(arena);
		RD_TRY(rd_replay_page(
			l->db, range, first ? NULL : &last, PAGE_ROWS, arena, &rows, &n, err));
		for (size_t i = 0; i < n; i++) {
			const struct rd_label key = { .message_id = rows[i].message_id };

			last = rows[i];
			if (n_labels > 0 &&
				bsearch(&key, labels, n_labels, sizeof *labels, by_message) != NULL)
				continue;
			if (n_seen++ == max) {
				l->more = true;
				return run(b, err);
			}
			l->n_defined += range->confirmed_only;
			RD_TRY(add_stored(b, rows[i].message_id, rows[i].received_ms,
				rows[i].confirmed, 1, err));
		}
		b->share = -1;
	}
	return run(b, err);
}

/* What people corrected, and the complaints that they defined, which is to say confirmed. */
static enum rd_rc gather_said(struct batch *b, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ROWS_ARENA_BYTES);
	struct rd_learn *l = b->learn;
	const struct rd_replay_range defined = { .landlord = l->landlord, .confirmed_only = true };
	struct rd_label *labels;
	size_t n;

	RD_TRY(rd_label_latest(l->db, l->landlord, l->request->max, arena, &labels, &n, err));
	RD_TRY(gather_labels(b, labels, n, arena, err));
	l->more = n == l->request->max;
	if (l->more)
		return RD_OK;
	return gather_pages(b, &defined, labels, n, l->request->max - n, err);
}

static enum rd_rc gather_stored(struct batch *b, struct rd_err *err)
{
	const struct rd_learn *l = b->learn;
	struct rd_replay_range range = { .landlord = l->landlord };

	if (l->request->labels_only)
		return gather_said(b, err);
	if (l->request->n_days > 0)
		range = rd_backtest_last_days(l->now_ms, l->request->n_days);
	range.landlord = l->landlord;
	return gather_pages(b, &range, NULL, 0, l->request->max, err);
}

/* ---- of a file ---- */

static enum rd_rc add_line(struct batch *b, const char *text, size_t len, struct rd_err *err)
{
	RD_CLEANUP(rd_jsonl_free) struct rd_jsonl line = { 0 };
	struct rd_rehearsed *item = &b->items[b->n];
	struct tag *tag = &b->tags[b->n];

	RD_TRY(rd_jsonl_parse(text, len, &b->strays, &line, err));
	*tag = (struct tag){ .weight = 1 };
	RD_TRY(rd_jsonl_label(&line, b->learn->request->labels_only, &tag->said, err));
	if (json_is_string(line.id))
		snprintf(tag->id, sizeof tag->id, "%s", json_string_value(line.id));
	else
		snprintf(tag->id, sizeof tag->id, "%" JSON_INTEGER_FORMAT,
			json_integer_value(line.id));
	*item = (struct rd_rehearsed){
		.received_ms = line.received_ms != 0 ? line.received_ms : b->learn->now_ms,
	};
	RD_TRY(rd_plain_message(&line.plain, b->arena, &item->message, err));
	return add(b, err);
}

static void close_file(FILE **in)
{
	if (*in != NULL && *in != stdin)
		fclose(*in);
}

static enum rd_rc gather_file(struct batch *b, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(RD_JSONL_LINE_BYTES_MAX);
	const char *name = b->learn->request->file;
	RD_CLEANUP(close_file)
	FILE *in = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	struct stat about;
	bool too_long = false;

	if (in == NULL || fstat(fileno(in), &about) != 0)
		return rd_fail(err, RD_E_INPUT, "%s: %s", name, strerror(errno));
	if (S_ISDIR(about.st_mode))
		return rd_fail(err, RD_E_INPUT, "%s: this is a folder; name a file of lines", name);
	for (long line = 1; rd_jsonl_read(in, &text, &too_long); line++) {
		if (too_long)
			return rd_fail(
				err, RD_E_INPUT, "%s:%ld: %s", name, line, RD_JSONL_TOO_LONG);
		if (rd_jsonl_is_blank(&text))
			continue;
		if (b->learn->n + b->n == b->learn->request->max)
			return rd_fail(err, RD_E_RANGE, "%s:%ld: more than %zu messages", name,
				line, b->learn->request->max);
		if (add_line(b, rd_buf_str(&text), text.len, err) != RD_OK)
			return rd_fail_within(err, "%s:%ld", name, line);
		if (S_ISREG(about.st_mode) && about.st_size > 0)
			b->share = (double)ftello(in) / (double)about.st_size;
	}
	if (ferror(in))
		return rd_fail(err, RD_E_INPUT, "%s: %s", name, strerror(errno));
	rd_backtest_print_wipe(&b->bar);
	rd_jsonl_tell_strays(&b->strays);
	return run(b, err);
}

/* ---- all of it ---- */

static void end_batch(struct batch *b)
{
	rd_backtest_print_wipe(&b->bar);
	rd_rehearsal_close(b->rehearsal);
	rd_arena_free(b->arena);
}

static enum rd_rc gather(struct batch *b, struct rd_err *err)
{
	const char *const landlords[] = { b->learn->landlord };
	const struct rd_rehearsal_order order = {
		.spawner = b->learn->spawner,
		.is = &b->learn->set.files,
		.landlords = landlords,
		.n_landlords = 1,
		.n_children = CHILDREN,
	};

	RD_TRY(rd_rehearsal_open(&order, &b->rehearsal, err));
	return b->learn->request->file != NULL ? gather_file(b, err) : gather_stored(b, err);
}

enum rd_exit rd_learn_gather(struct rd_learn *learn)
{
	RD_CLEANUP(end_batch)
	struct batch b = {
		.learn = learn,
		.arena = rd_arena_new(RD_REHEARSAL_ARENA_BYTES),
		.bar = { .with_bar = !learn->request->ctl->json && isatty(STDERR_FILENO) },
		.share = -1,
	};
	struct rd_err err = { 0 };

	return gather(&b, &err) == RD_OK ? RD_EXIT_DONE : rd_ctl_fail(&err);
}
