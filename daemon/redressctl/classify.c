/* redressctl classify: what the rules make of a message, without a store. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "jsonl.h"
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/clock.h"
#include "redress/base/limits.h"
#include "redress/message/mime.h"
#include "redress/message/plain.h"
#include "redress/rules/ruleset.h"
#include "redress/rules/score.h"

#define MESSAGE_ARENA_BYTES (64u << 20)
#define RULES_ARENA_BYTES   (64u << 20)
#define EXPLANATION_MAX	    (1u << 20)
#define REAL_DIGITS	    10

struct classifier {
	struct rd_ctl *ctl;
	const char *landlord;
	bool jsonl, explain;
	struct rd_ruleset *rules;
	struct rd_jsonl_strays strays;
	struct rd_arena *arena; /* of one message */
	int64_t now_ms;
	enum rd_exit exit;
};

static json_t *hit_json(const struct rd_hit *hit, const struct rd_message *message, bool suppressed)
{
	const char *field = hit->where == RD_WHERE_SUBJECT ? message->subject : message->body;
	json_t *out = json_object();

	json_object_set_new(out, "rule", json_string(hit->rule));
	json_object_set_new(out, "points", json_real(hit->points));
	json_object_set_new(
		out, "where", json_string(hit->where == RD_WHERE_SUBJECT ? "subject" : "body"));
	json_object_set_new(out, "span", json_pack("[i,i]", (int)hit->from, (int)hit->to));
	json_object_set_new(out, "text", json_stringn(field + hit->from, hit->to - hit->from));
	if (suppressed)
		json_object_set_new(out, "by", json_string(hit->by));
	return out;
}

static json_t *score_json(const struct classifier *c, json_t *id, const struct rd_message *message,
	const struct rd_score *score)
{
	json_t *out = json_object();
	json_t *flags = json_array(), *hits = json_array(), *suppressed = json_array();

	for (int i = 0; i < RD_N_FLAGS; i++)
		if (score->flags[i])
			json_array_append_new(flags, json_string(rd_flag_names[i]));
	for (size_t i = 0; i < score->n_hits; i++)
		json_array_append_new(hits, hit_json(&score->hits[i], message, false));
	for (size_t i = 0; i < score->n_suppressed; i++)
		json_array_append_new(suppressed, hit_json(&score->suppressed[i], message, true));
	json_object_set(out, "id", id);
	json_object_set_new(out, "kind", json_string(rd_kind_names[score->kind]));
	json_object_set_new(out, "review", json_boolean(score->review));
	json_object_set_new(out, "score", json_real(score->total));
	json_object_set_new(out, "flags", flags);
	json_object_set_new(out, "hits", hits);
	json_object_set_new(out, "suppressed", suppressed);
	json_object_set_new(out, "ruleset", json_string(rd_ruleset_sha256(c->rules)));
	return out;
}

static void print_json(json_t *out)
{
	json_dumpf(out, stdout, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));
	putchar('\n');
	json_decref(out);
}

static void print_line(const char *id, const struct rd_score *score)
{
	printf("%s: %s%s, %g point%s for a complaint", id, rd_kind_names[score->kind],
		score->review ? " (a person must look)" : "", score->total,
		score->total == 1 ? "" : "s");
	const char *before = "; flags: ";
	for (int i = 0; i < RD_N_FLAGS; i++)
		if (score->flags[i]) {
			printf("%s%s", before, rd_flag_names[i]);
			before = ", ";
		}
	putchar('\n');
}

/* A line that could not be taken (1) does not hide a file that could not be read (2). */
static void note_exit(struct classifier *c, enum rd_exit status)
{
	if (status > c->exit)
		c->exit = status;
}

/* note: a line before the explanation, "" for none. */
static enum rd_rc answer(struct classifier *c, json_t *id, const struct rd_message *message,
	const char *note, int64_t received_ms, struct rd_err *err)
{
	struct rd_score score;
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(EXPLANATION_MAX);

	RD_TRY(rd_score_message(c->rules, message, received_ms, c->arena, &score, err));
	RD_TRY(rd_buf_add_str(&text, note, err));
	if (c->explain)
		RD_TRY(rd_score_explain(c->rules, &score, message, &text, err));
	if (c->jsonl || c->ctl->json) {
		json_t *out = score_json(c, id, message, &score);
		if (c->explain)
			json_object_set_new(out, "explanation", json_string(rd_buf_str(&text)));
		print_json(out);
		return RD_OK;
	}
	if (c->explain)
		printf("%s\n%s\n", json_string_value(id), rd_buf_str(&text));
	else
		print_line(json_string_value(id), &score);
	return RD_OK;
}

static enum rd_rc classify_message(
	struct classifier *c, const struct rd_jsonl *line, struct rd_err *err)
{
	struct rd_message message;

	RD_TRY(rd_plain_message(&line->plain, c->arena, &message, err));
	return answer(c, line->id, &message, "",
		line->received_ms != 0 ? line->received_ms : c->now_ms, err);
}

static void bad_line(struct classifier *c, long line, const char *what)
{
	json_t *out = json_object();

	json_object_set_new(out, "line", json_integer(line));
	json_object_set_new(out, "error", json_string(what));
	print_json(out);
	note_exit(c, RD_EXIT_FOUND);
}

static void classify_line(struct classifier *c, long n, const char *text, size_t len)
{
	RD_CLEANUP(rd_jsonl_free) struct rd_jsonl line = { 0 };
	struct rd_err err = { 0 };

	rd_arena_reset(c->arena);
	if (rd_jsonl_parse(text, len, &c->strays, &line, &err) != RD_OK ||
		classify_message(c, &line, &err) != RD_OK)
		bad_line(c, n, err.msg);
}

static void unreadable(struct classifier *c, const char *name)
{
	const int why = errno;

	note_exit(c,
		rd_ctl_complain("%s: %s", name,
			why == EISDIR ? "this is a folder; name the files in it" : strerror(why)));
}

static void classify_lines(struct classifier *c, const char *name, FILE *in)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf line = RD_BUF(RD_JSONL_LINE_BYTES_MAX);
	bool too_long = false;

	for (long n = 1; rd_jsonl_read(in, &line, &too_long); n++) {
		if (too_long)
			bad_line(c, n, RD_JSONL_TOO_LONG);
		else
			classify_line(c, n, rd_buf_str(&line), line.len);
	}
	if (ferror(in))
		unreadable(c, name);
}

/* RFC 5322 section 2.2: a header's name is printable ASCII without a blank, and a colon ends it; an
 * mbox begins with "From ". Whatever begins otherwise is no mail but its words alone. */
static bool begins_as_mail(const char *raw, size_t len)
{
	size_t i = 0;

	if (len >= 5 && memcmp(raw, "From ", 5) == 0)
		return true;
	while (i < len && raw[i] > ' ' && raw[i] != 0x7f && raw[i] != ':')
		i++;
	size_t name = i;
	while (i < len && (raw[i] == ' ' || raw[i] == '\t')) /* RFC 5322 section 4.5 */
		i++;
	return name > 0 && i < len && raw[i] == ':';
}

static enum rd_rc read_words(const char *raw, size_t len, bool cut, struct rd_arena *arena,
	struct rd_message *ret_message, struct rd_err *err)
{
	const struct rd_plain plain = { .channel = RD_CHANNEL_EMAIL, .body = raw, .body_len = len };

	RD_TRY(rd_plain_message(&plain, arena, ret_message, err));
	ret_message->trouble.cut = cut;
	ret_message->trouble.no_text = raw[strspn(raw, " \t\r\n")] == '\0';
	return RD_OK;
}

static void classify_mail(struct classifier *c, const char *name, FILE *in)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf raw = RD_BUF(RD_MAIL_BYTES_MAX);
	struct rd_message message;
	struct rd_err err = { 0 };
	char piece[65536];
	size_t n;
	bool cut = false;

	while (!cut && (n = fread(piece, 1, sizeof piece, in)) > 0)
		cut = rd_buf_add(&raw, piece, n, &err) != RD_OK;
	if (ferror(in)) {
		unreadable(c, name);
		return;
	}
	rd_arena_reset(c->arena);
	json_t *id = json_string(name);
	if (id == NULL)
		id = json_string("?");
	bool mail = begins_as_mail(rd_buf_str(&raw), raw.len);
	enum rd_rc rc =
		mail ? rd_mime_parse(rd_buf_str(&raw), raw.len, cut, c->arena, &message, &err)
		     : read_words(rd_buf_str(&raw), raw.len, cut, c->arena, &message, &err);
	if (rc == RD_OK)
		rc = answer(c, id, &message,
			mail ? "" : "read as plain words: its first line is no header of a mail\n",
			c->now_ms, &err);
	if (rc != RD_OK)
		note_exit(c, rd_ctl_complain("%s: %s", name, err.msg));
	json_decref(id);
}

static void classify_file(struct classifier *c, const char *name)
{
	bool standard = strcmp(name, "-") == 0;
	FILE *in = standard ? stdin : fopen(name, "re");

	if (in == NULL) {
		unreadable(c, name);
		return;
	}
	if (c->jsonl)
		classify_lines(c, name, in);
	else
		classify_mail(c, name, in);
	if (!standard)
		fclose(in);
}

static enum rd_rc load_rules(struct classifier *c, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(RULES_ARENA_BYTES);
	struct rd_rulefiles files;

	RD_TRY(rd_rulefiles_read(rd_ctl_rules_dir(c->ctl), arena, &files, err));
	if (rd_ruleset_compile(&files, c->landlord, c->now_ms, &c->rules, err) == RD_OK)
		return RD_OK;
	if (err->code == RD_E_MISSING) /* the landlord: of which folder? */
		return rd_fail_within(err, "%s", rd_ctl_rules_dir(c->ctl));
	return rd_rulefiles_fail_in(&files, rd_ctl_rules_dir(c->ctl), err);
}

enum rd_exit rd_ctl_classify(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "landlord", required_argument, NULL, 'l' },
		{ "jsonl", no_argument, NULL, 'j' }, { "explain", no_argument, NULL, 'e' },
		RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	struct classifier c = { .ctl = ctl };
	struct rd_err err = { 0 };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'l')
			c.landlord = optarg;
		else if (option == 'j')
			c.jsonl = true;
		else if (option == 'e')
			c.explain = true;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (c.landlord == NULL) {
		rd_ctl_complain("--landlord NAME is missing: whose rules and thresholds?");
		return rd_ctl_usage(ctl);
	}
	c.now_ms = rd_now_ms(&rd_system_clock);
	if (load_rules(&c, &err) != RD_OK)
		return rd_ctl_fail(&err);
	rd_mime_init();
	setvbuf(stdout, NULL, _IOLBF, 0);
	c.arena = rd_arena_new(MESSAGE_ARENA_BYTES);
	if (optind == argc)
		classify_file(&c, "-");
	for (int i = optind; i < argc; i++)
		classify_file(&c, argv[i]);
	rd_jsonl_tell_strays(&c.strays);
	rd_arena_free(c.arena);
	rd_ruleset_free(c.rules);
	return c.exit;
}
