/* What a dossier is made of: the case's rows, and the files beside its page. */
#include "dossier.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "pictures.h"
#include "print.h"
#include "redress/base/clock.h"
#include "redress/gateway/office.h"
#include "redress/store/erasure.h"
#include "redress/store/intake.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"
#include "redress/store/text_media.h"

#define PAGE_BYTES_MAX	(64u << 20)
#define NAMES_BYTES_MAX (32u << 20) /* of the files written */

/* --- words about other cases --- */

/* The length of a reference to another case that begins here; 0: none does. */
static size_t other_reference(const struct rd_dossier *d, const char *at, const char *begin)
{
	size_t digits;

	if (strncasecmp(at, "RD", 2) != 0 || (at > begin && isalnum((unsigned char)at[-1])))
		return 0;
	digits = strspn(at + 2, "0123456789");
	if (digits < 6 || digits > 15 || strtoll(at + 2, NULL, 10) == d->c.id)
		return 0;
	const size_t len = 2 + digits;
	return at[len] == '-' && isalnum((unsigned char)at[len + 1])
		       ? len + 1 +
				 strspn(at + len + 1, "23456789ABC"
						      "DEFGHJKMNPQR"
						      "STUVWXYZabcd"
						      "efghjkmnpqrs"
						      "tuvwxyz")
		       : len;
}

const char *rd_dossier_words(struct rd_dossier *d, const char *words)
{
	static const char black[] = "[another case]";
	char *out = rd_arena_alloc(d->desk->arena, strlen(words) * 2 + sizeof black);
	size_t at = 0;

	RD_ASSERT(out != NULL);
	for (const char *from = words; *from != '\0';) {
		const size_t len = other_reference(d, from, words);

		if (len == 0) {
			out[at++] = *from++;
			continue;
		}
		memcpy(out + at, black, sizeof black - 1);
		at += sizeof black - 1;
		from += len;
		d->n_blacked++;
	}
	out[at] = '\0';
	return out;
}

/* --- reading --- */

static enum rd_rc read_messages(struct rd_dossier *d, struct rd_err *err)
{
	int64_t *ids;
	size_t n;

	RD_TRY(rd_case_messages(d->desk->desk.db, d->c.id, d->desk->arena, &ids, &n, err));
	d->messages = rd_arena_array(d->desk->arena, n + 1, sizeof *d->messages);
	RD_ASSERT(d->messages != NULL);
	for (size_t i = 0; i < n; i++)
		d->messages[i].id = ids[i];
	d->n_messages = n;
	return RD_OK;
}

static enum rd_rc read_links(struct rd_dossier *d, struct rd_err *err)
{
	struct rd_case_linked *links;
	size_t n;

	RD_TRY(rd_case_links(d->desk->desk.db, d->c.id, d->desk->arena, &links, &n, err));
	for (size_t i = 0; i < n; i++)
		d->grew = d->grew || (links[i].how == RD_LINK_GREW && !links[i].from_here);
	return RD_OK;
}

static enum rd_rc read_case(struct rd_dossier *d, int64_t case_id, struct rd_err *err)
{
	const struct rd_outbox_filter letters = { .case_id = case_id };
	struct rd_arena *arena = d->desk->arena;
	struct rd_db *db = d->desk->desk.db;
	struct rd_err ignored = { 0 };

	RD_TRY(rd_case_get(db, case_id, arena, &d->c, err));
	const enum rd_rc rc = rd_case_policy_get(db, case_id, arena, &d->policy, err);
	if (rc == RD_E_MISSING)
		d->policy = (struct rd_case_policy){ .version = "", .ruleset = "" };
	else if (rc != RD_OK)
		return rc;
	if (rd_office_policy(&d->desk->desk.office, d->c.landlord, &d->live, &ignored) != RD_OK)
		d->live = NULL;
	RD_TRY(rd_case_contacts(db, case_id, arena, &d->contacts, &d->n_contacts, err));
	RD_TRY(rd_case_clocks_all(db, case_id, arena, &d->clocks, &d->n_clocks, err));
	RD_TRY(rd_outbox_list(db, &letters, arena, &d->letters, &d->n_letters, err));
	RD_TRY(rd_task_list_case(db, case_id, arena, &d->tasks, &d->n_tasks, err));
	RD_TRY(rd_case_notes(db, case_id, arena, &d->notes, &d->n_notes, err));
	RD_TRY(rd_label_list(db, 0, case_id, arena, &d->labels, &d->n_labels, err));
	RD_TRY(rd_case_act_list(db, case_id, arena, &d->acts, &d->n_acts, err));
	RD_TRY(rd_case_action_list(db, case_id, arena, &d->actions, &d->n_actions, err));
	RD_TRY(rd_decrees_of_case(db, case_id, arena, &d->decrees, &d->n_decrees, err));
	RD_TRY(read_links(d, err));
	RD_TRY(read_messages(d, err));
	return rd_audit_list(
		db, case_id, 0, 0, RD_DOSSIER_AUDIT_MAX, arena, &d->audit, &d->n_audit, err);
}

/* --- the chronology --- */

static void happened(struct rd_dossier *d, const struct rd_dossier_event *event)
{
	RD_ASSERT(d->n_events < d->events_max);
	d->events[d->n_events] = *event;
	d->events[d->n_events].order = d->n_events;
	d->n_events++;
}

static int by_time(const void *a, const void *b)
{
	const struct rd_dossier_event *x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* "letter_queued" as a person reads it. */
static const char *act_words(struct rd_dossier *d, const struct rd_audit_row *row)
{
	char *words = rd_arena_strdup(d->desk->arena, row->what);

	RD_ASSERT(words != NULL);
	for (char *c = words; *c != '\0'; c++)
		if (*c == '_')
			*c = ' ';
	if (row->outbox_id != 0)
		words = rd_arena_printf(
			d->desk->arena, "%s (letter %" PRId64 ")", words, row->outbox_id);
	RD_ASSERT(words != NULL);
	return words;
}

static void note_acts(struct rd_dossier *d)
{
	for (size_t i = 0; i < d->n_audit; i++) {
		const struct rd_dossier_event event = {
			.at_ms = d->audit[i].at_ms,
			.direction = "inside",
			.channel = "",
			.from = d->audit[i].actor,
			.to = "",
			.summary = act_words(d, &d->audit[i]),
			.file = "audit.jsonl",
		};

		happened(d, &event);
	}
	for (size_t i = 0; i < d->n_notes; i++) {
		const struct rd_dossier_event event = {
			.at_ms = d->notes[i].at_ms,
			.direction = "inside",
			.channel = "",
			.from = d->notes[i].by,
			.to = "",
			.summary = "note",
			.file = "",
		};

		happened(d, &event);
	}
}

/* --- files --- */

enum rd_rc rd_dossier_put_raw(struct rd_db *db, struct rd_pack *pack, int64_t id, const char *path,
	const struct rd_pack_file **ret_file, struct rd_err *err)
{
	RD_CLEANUP(rd_raw_cleanup) struct rd_raw_reader *reader = NULL;

	RD_TRY(rd_raw_open(db, id, &reader, err));
	RD_TRY(rd_pack_start(pack, path, "a message as it came", err));
	for (;;) {
		const void *piece;
		size_t len = 0;

		RD_TRY(rd_raw_next(reader, &piece, &len, err));
		if (len == 0)
			break;
		RD_TRY(rd_pack_add(pack, piece, len, err));
	}
	return rd_pack_done(pack, ret_file, err);
}

static enum rd_rc write_pictures(struct rd_dossier *d, int64_t id, struct rd_err *err)
{
	struct rd_text_media *items;
	size_t n;

	RD_TRY(rd_text_media_list(d->desk->desk.db, id, d->desk->arena, &items, &n, err));
	for (size_t i = 0; i < n; i++) {
		const struct rd_arena_mark mark = rd_arena_mark(d->desk->arena);
		const char *path = rd_arena_printf(d->pack->arena, "pictures/%06" PRId64 "-%d.%s",
			id, items[i].place, rd_ctl_ending_of(items[i].type));
		const void *bytes;
		size_t len;

		if (strcmp(items[i].state, "kept") != 0)
			continue;
		RD_TRY(rd_text_media_bytes(
			d->desk->desk.db, items[i].id, d->desk->arena, &bytes, &len, err));
		RD_TRY(rd_pack_put(d->pack, path, items[i].type, bytes, len, NULL, err));
		rd_arena_back_to(d->desk->arena, mark); /* pictures are large */
	}
	return RD_OK;
}

static enum rd_rc write_message(
	struct rd_dossier *d, struct rd_dossier_message *m, struct rd_err *err)
{
	struct rd_message message = { 0 };
	struct rd_message_row row;
	struct rd_score score;
	struct rd_dossier_event event = { .direction = "in", .summary = "a message", .file = "" };
	const char *ruleset;
	const struct rd_pack_file *file = NULL;

	RD_TRY(rd_queue_show(d->desk->desk.db, m->id, d->desk->arena, &row, err));
	const bool mail = row.channel == RD_CHANNEL_EMAIL;
	const enum rd_rc rc = rd_reading_get(d->desk->desk.db, m->id, d->desk->arena, &message,
		&score, &ruleset, &m->erased, err);
	if (rc != RD_OK && rc != RD_E_MISSING)
		return rc;
	m->read = rc == RD_OK;
	RD_TRY(rd_message_is_erased(d->desk->desk.db, m->id, &m->erased, err));
	const char *path = rd_arena_printf(
		d->desk->arena, "messages/%06" PRId64 ".%s", m->id, mail ? "eml" : "txt");
	if (!m->erased) {
		RD_TRY(rd_dossier_put_raw(d->desk->desk.db, d->pack, m->id, path, &file, err));
		RD_TRY(write_pictures(d, m->id, err));
	}
	/* The list of files may move as it grows: what is kept of one is a copy. */
	if (file != NULL) {
		struct rd_pack_file *copy = rd_arena_alloc(d->desk->arena, sizeof *copy);

		RD_ASSERT(copy != NULL);
		*copy = *file;
		m->file = copy;
		event.file = path;
	}
	d->n_erased += m->erased;
	event.at_ms = row.received_ms;
	event.channel = mail ? "email" : "sms";
	event.from = m->read && message.from.address != NULL ? message.from.address : "";
	event.to = d->c.landlord;
	if (m->erased)
		event.summary = "a message, erased since";
	else if (m->read && message.subject != NULL && message.subject[0] != '\0')
		event.summary = message.subject;
	happened(d, &event);
	return RD_OK;
}

/* A mail as it went; of a text the words that arrived. */
static enum rd_rc write_letter(struct rd_dossier *d, size_t i, struct rd_err *err)
{
	const struct rd_outbox_row *row = &d->letters[i];
	const bool mail = row->channel == RD_CHANNEL_EMAIL;
	const bool returned = row->payload_sent_len != 0;
	const void *bytes = returned ? row->payload_sent : row->payload;
	const size_t len = returned ? row->payload_sent_len : row->payload_len;
	const char *path = rd_arena_printf(
		d->desk->arena, "letters/%06" PRId64 ".%s", row->id, mail ? "eml" : "txt");
	const struct rd_dossier_event event = {
		.at_ms = row->sent_ms,
		.direction = "out",
		.channel = mail ? "email" : "sms",
		.from = d->c.landlord,
		.to = row->recipient,
		.summary = rd_arena_printf(d->desk->arena, "letter: %s", row->letter),
		.file = len != 0 ? path : "",
	};

	RD_ASSERT(path != NULL);
	d->letter_files[i] = "";
	if (len != 0) {
		RD_TRY(rd_pack_put(d->pack, path, row->letter, bytes, len, NULL, err));
		d->letter_files[i] = path;
	}
	if (row->sent_ms != 0)
		happened(d, &event);
	return RD_OK;
}

static enum rd_rc write_audit(struct rd_dossier *d, struct rd_err *err)
{
	RD_TRY(rd_pack_start(d->pack, "audit.jsonl", "the audit's rows about the case", err));
	for (size_t i = 0; i < d->n_audit; i++) {
		const struct rd_audit_row *row = &d->audit[i];
		json_t *json = json_pack("{s:I,s:o,s:o,s:s,s:I,s:I,s:o}", "seq",
			(json_int_t)row->seq, "at", rd_json_instant(row->at_ms), "actor",
			rd_json_string(row->actor), "what", row->what, "message",
			(json_int_t)row->message_id, "letter", (json_int_t)row->outbox_id, "detail",
			json_loads(rd_dossier_words(d, row->detail), 0, NULL));
		char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;

		json_decref(json);
		RD_ASSERT(text != NULL);
		enum rd_rc rc = rd_pack_add(d->pack, text, strlen(text), err);
		free(text);
		RD_TRY(rc);
		RD_TRY(rd_pack_add(d->pack, "\n", 1, err));
	}
	return rd_pack_done(d->pack, NULL, err);
}

static void print_chronology(struct rd_dossier *d, FILE *out)
{
	fputs("number,at,direction,channel,from,to,summary,file\n", out);
	for (size_t i = 0; i < d->n_events; i++) {
		const struct rd_dossier_event *e = &d->events[i];
		const char *const words[] = { e->channel, e->from, e->to, e->summary, e->file };
		char at[RD_INSTANT_MAX];

		fprintf(out, "%zu,%s,%s", i + 1, rd_instant_format(e->at_ms, at), e->direction);
		for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
			putc(',', out);
			rd_csv_print(out, rd_dossier_words(d, words[k]));
		}
		putc('\n', out);
	}
}

typedef void print_file(struct rd_dossier *d, FILE *out);

/* What is printed goes through memory: a page is made whole before it is written. */
static enum rd_rc put_printed(struct rd_dossier *d, const char *path, const char *what,
	print_file *print, struct rd_err *err)
{
	char *data = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&data, &len);

	RD_ASSERT(out != NULL);
	print(d, out);
	if (fclose(out) != 0 || len > PAGE_BYTES_MAX) {
		free(data);
		return rd_fail(
			err, RD_E_RANGE, "%s would be longer than %u bytes", path, PAGE_BYTES_MAX);
	}
	/* It is evidence: a page that could not read what it tells of is not written. */
	if (d->trouble.code != RD_OK) {
		free(data);
		return rd_fail(err, d->trouble.code, "%s: %s", path, d->trouble.msg);
	}
	enum rd_rc rc = rd_pack_put(d->pack, path, what, data, len, NULL, err);
	free(data);
	return rc;
}

static enum rd_rc write_files(struct rd_dossier *d, struct rd_err *err)
{
	static const char *const folders[] = { "messages", "pictures", "letters", "policy" };

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		RD_TRY(rd_pack_folder(d->pack, folders[i], err));
	for (size_t i = 0; i < d->n_messages; i++)
		RD_TRY(write_message(d, &d->messages[i], err));
	for (size_t i = 0; i < d->n_letters; i++)
		RD_TRY(write_letter(d, i, err));
	note_acts(d);
	qsort(d->events, d->n_events, sizeof *d->events, by_time);
	if (d->policy.profile != NULL)
		RD_TRY(rd_pack_put(d->pack,
			rd_arena_printf(d->desk->arena, "policy/%s.landlord", d->c.landlord),
			"the policy that the case opened under", d->policy.profile, d->policy.len,
			NULL, err));
	RD_TRY(write_audit(d, err));
	RD_TRY(put_printed(
		d, "chronology.csv", "everything in order of time", print_chronology, err));
	RD_TRY(put_printed(d, "index.html", "this page", rd_dossier_print_page, err));
	return rd_pack_finish(d->pack, err);
}

enum rd_rc rd_dossier_write(struct rd_ctl_desk *desk, int64_t case_id, const char *dir,
	struct rd_dossier_sums *ret_sums, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *names = rd_arena_new(NAMES_BYTES_MAX);
	RD_CLEANUP(rd_pack_end) struct rd_pack pack = { .fd = -1 };
	struct rd_dossier d = {
		.desk = desk, .pack = &pack, .made_ms = rd_office_now(&desk->desk.office)
	};

	RD_TRY(read_case(&d, case_id, err));
	d.events_max = d.n_messages + d.n_letters + d.n_audit + d.n_notes;
	d.events = rd_arena_array(desk->arena, d.events_max + 1, sizeof *d.events);
	d.letter_files = rd_arena_array(desk->arena, d.n_letters + 1, sizeof *d.letter_files);
	RD_ASSERT(d.events != NULL && d.letter_files != NULL);
	RD_TRY(rd_pack_begin(&pack, dir, names, err));
	RD_TRY(write_files(&d, err));
	*ret_sums = (struct rd_dossier_sums){
		.reference = rd_arena_strdup(desk->arena, d.c.reference),
		.n_files = pack.n_files,
		.n_messages = d.n_messages,
		.n_letters = d.n_letters,
		.n_erased = d.n_erased,
		.n_blacked = d.n_blacked,
	};
	return RD_OK;
}
