#include "redress/rules/variants.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/stanza.h"
#include "redress/rules/matching.h"

#define VARIANTS_BYTES_MAX (RD_STANZA_FILE_MAX - 1024)
#define PROBLEMS_BYTES	   (4u << 20)
#define FULL_BYTES	   (1u << 20)
#define FULL_VARIANTS	   250

static bool is(const struct rd_line *line, const char *name)
{
	return strcasecmp(line->name, name) == 0;
}

bool rd_line_is_condition(const struct rd_line *line)
{
	return is(line, "Look in") || is(line, "Channel") || is(line, "Words in message") ||
	       is(line, "At least") || is(line, "Older than");
}

static bool names_list(const struct rd_definition *def, const char *list, struct rd_arena *arena)
{
	const char *wanted = rd_arena_printf(arena, "<%s>", list);

	for (size_t i = 0; i < def->lines.n_items && wanted != NULL; i++)
		if (strcasestr(def->lines.items[i].value, wanted) != NULL)
			return true;
	return false;
}

enum rd_rc rd_variants_begin(struct rd_variants *v, const struct rd_ruleset *from,
	const struct rd_definition *def, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *names = rd_arena_new(1u << 20);

	*v = (struct rd_variants){ .def = def, .text = RD_BUF(VARIANTS_BYTES_MAX) };
	RD_TRY(rd_buf_add_str(&v->text, "Ruleset: variants\n", err));
	for (size_t i = 0; i < from->definitions.n_words; i++) {
		const struct rd_words_def *words = &from->definitions.words[i];
		if (!names_list(def, words->name, names))
			continue;
		RD_TRY(rd_buf_printf(&v->text, err, "\nWords: %s\n", words->name));
		for (size_t k = 0; k < words->words.n_items; k++)
			RD_TRY(rd_buf_printf(
				&v->text, err, "Word: %s\n", words->words.items[k].value));
	}
	return RD_OK;
}

bool rd_variants_full(const struct rd_variants *v)
{
	return v->n >= FULL_VARIANTS || v->text.len >= FULL_BYTES;
}

void rd_variants_end(struct rd_variants *v)
{
	rd_buf_free(&v->text);
	rd_ruleset_cleanup(&v->set);
}

static enum rd_rc begin_rule(struct rd_variants *v, struct rd_err *err)
{
	return rd_buf_printf(&v->text, err, "\nRule: v%zu\nPoints: 1\nReason: tried\n", v->n++);
}

static enum rd_rc add_line(struct rd_variants *v, const struct rd_line *line, struct rd_err *err)
{
	return rd_buf_printf(&v->text, err, "%s: %s\n", line->name, line->value);
}

static enum rd_rc add_exclusion(struct rd_variants *v, const struct rd_unless *unless,
	const struct rd_line *without, struct rd_err *err)
{
	static const char *const names[] = { "Unless before", "Unless after", "Unless near" };
	const char *between = ": ";

	for (size_t i = 0; i < unless->n_phrases; i++) {
		if (&unless->phrases[i] == without)
			continue;
		RD_TRY(rd_buf_printf(&v->text, err, "%s%s%s",
			between[0] == ':' ? names[unless->side] : "", between,
			unless->phrases[i].value));
		between = ", ";
	}
	if (between[0] == ':')
		return RD_OK; /* it had no other phrase */
	if (unless->window == 0)
		return rd_buf_add_str(&v->text, " [same sentence]\n", err);
	return rd_buf_printf(&v->text, err, " [within %d words]\n", unless->window);
}

/* The rule as it stands but for one line, or one phrase of an Unless. */
static enum rd_rc add_copy(struct rd_variants *v, const struct rd_line *without, struct rd_err *err)
{
	const struct rd_definition *def = v->def;

	RD_TRY(begin_rule(v, err));
	for (size_t i = 0; i < def->lines.n_items; i++) {
		const struct rd_line *line = &def->lines.items[i];
		bool same = without != NULL && line->at.line == without->at.line &&
			    strcmp(line->at.file, without->at.file) == 0 &&
			    line->at.column == without->at.column;
		bool matches =
			is(line, "Phrase") || is(line, "Regex") || rd_line_is_condition(line);
		if (matches && !same)
			RD_TRY(add_line(v, line, err));
	}
	for (size_t i = 0; i < def->n_unless; i++)
		RD_TRY(add_exclusion(v, &def->unless[i], without, err));
	return RD_OK;
}

enum rd_rc rd_variants_add_bare(
	struct rd_variants *v, const struct rd_line *line, struct rd_err *err)
{
	RD_TRY(begin_rule(v, err));
	return add_line(v, line, err);
}

enum rd_rc rd_variants_add_without(
	struct rd_variants *v, const struct rd_line *line, struct rd_err *err)
{
	return add_copy(v, line, err);
}

enum rd_rc rd_variants_add_lax(
	struct rd_variants *v, const struct rd_unless *unless, size_t phrase, struct rd_err *err)
{
	return add_copy(v, &unless->phrases[phrase], err);
}

enum rd_rc rd_variants_add_phrase(struct rd_variants *v, const char *phrase, struct rd_err *err)
{
	RD_TRY(begin_rule(v, err));
	return rd_buf_printf(&v->text, err, "Phrase: %s\n", phrase);
}

enum rd_rc rd_variants_build(struct rd_variants *v, int64_t today_ms, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(PROBLEMS_BYTES);
	struct rd_rulefile file = { "variants.rules", rd_buf_str(&v->text), v->text.len };
	struct rd_rulefiles files;
	struct rd_problems problems;

	rd_problems_begin(&problems, arena);
	RD_TRY(rd_rulefiles_take(&file, 1, &files, err));
	rd_ruleset_cleanup(&v->set);
	/* What is wrong with the rule itself was told already; a faulty variant does not run. */
	return rd_ruleset_build(&files, NULL, today_ms, &problems, &v->set, err);
}

enum rd_rc rd_variants_try(const struct rd_variants *v, const struct rd_message *message,
	int64_t received_ms, struct rd_arena *arena, struct rd_variant_result *ret_results,
	struct rd_err *err)
{
	struct rd_normal normal[2];
	struct rd_matching m;

	RD_TRY(rd_matching_normalise(message, arena, normal, err));
	RD_TRY(rd_matching_run(v->set, message->channel, normal, received_ms, arena, &m, err));
	for (size_t i = 0; i < v->n; i++)
		ret_results[i] = (struct rd_variant_result){ .by = "" };
	for (uint32_t i = 0; i < m.n_touched; i++) {
		const struct rd_outcome *o = m.outcomes[m.touched[i]];
		const char *id = v->set->rules[m.touched[i]].def->id;
		size_t at = (size_t)strtoul(id + 1, NULL, 10);
		if (at >= v->n)
			continue;
		if (o->hit)
			ret_results[at] = (struct rd_variant_result){ .hit = true,
				.where = o->spot.where,
				.from = o->spot.from,
				.to = o->spot.to,
				.by = "" };
		if (o->stopped)
			ret_results[at].by = o->by;
	}
	return RD_OK;
}
