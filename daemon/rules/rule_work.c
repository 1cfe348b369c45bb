#include "redress/rules/rule_work.h"

#include <string.h>

#include "redress/base/buf.h"
#include "redress/message/plain.h"
#include "redress/rules/matching.h"

#define TEXT_EXAMPLES	 20 /* in one text */
#define TEXT_BYTES_MAX	 (64u << 10)
#define TEXT_ARENA_BYTES (16u << 20)

struct worker {
	struct rd_ruleset alone; /* the set, of which one rule runs */
	uint8_t *places;	 /* of its patterns; 0 for those of the other rules */
	const uint8_t *all;	 /* as the set has them */
	int64_t now_ms;
	struct rd_arena *arena; /* of one text */
	struct rd_rule_work *work;
	uint32_t every; /* of so many texts one is taken */
	uint32_t n_texts;
};

static void let_run(struct worker *w, uint32_t rule, bool runs)
{
	for (uint32_t i = 0; i < w->alone.n_patterns; i++)
		if (w->alone.patterns[i].rule == rule)
			w->places[i] = runs ? w->all[i] : 0;
}

static enum rd_rc run_text(
	struct worker *w, const struct rd_buf *text, enum rd_channel channel, struct rd_err *err)
{
	const struct rd_plain plain = { .channel = channel,
		.from = "",
		.subject = "",
		.body = rd_buf_str(text),
		.body_len = text->len };

	for (uint32_t i = 0; i < w->alone.n_rules; i++) {
		struct rd_message message;
		struct rd_normal normal[2];
		struct rd_matching matching;

		if (!w->alone.definitions.rules[i].is_combine &&
			!w->alone.definitions.rules[i].disabled) {
			rd_arena_reset(w->arena);
			let_run(w, i, true);
			RD_TRY(rd_plain_message(&plain, w->arena, &message, err));
			RD_TRY(rd_matching_normalise(&message, w->arena, normal, err));
			RD_TRY(rd_matching_run(
				&w->alone, channel, normal, w->now_ms, w->arena, &matching, err));
			let_run(w, i, false);
			w->work[i].bytes += matching.effort.bytes_run + matching.effort.word_steps;
			w->work[i].runs += matching.effort.n_runs;
		}
	}
	return RD_OK;
}

/* A text that is full, or the last one: every so many of them is run, as a text message and as a
 * mail in turn. */
static enum rd_rc end_text(struct worker *w, struct rd_buf *text, struct rd_err *err)
{
	enum rd_rc rc = RD_OK;

	if (text->len > 0 && w->n_texts % w->every == 0)
		rc = run_text(w, text,
			w->n_texts / w->every % 2 == 0 ? RD_CHANNEL_EMAIL : RD_CHANNEL_SMS, err);
	w->n_texts++;
	rd_buf_clear(text);
	return rc;
}

/* A text is full of examples, or of bytes. */
static bool is_full(size_t n_examples, size_t n_bytes, size_t n_more)
{
	return n_examples == TEXT_EXAMPLES || n_bytes + n_more > TEXT_BYTES_MAX;
}

/* Each a paragraph, so that no sentence goes on in the next. One longer than a text holds is left
 * out: no message is. */
static size_t length_of(const struct rd_line *line)
{
	const size_t len = strlen(line->value) + strlen("\n\n");

	return len <= TEXT_BYTES_MAX ? len : 0;
}

static enum rd_rc run_examples(struct worker *w, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(TEXT_BYTES_MAX);
	size_t n = 0;

	for (size_t i = 0; i < w->alone.definitions.n_rules; i++) {
		const struct rd_definition *def = &w->alone.definitions.rules[i];
		const struct rd_lines both[] = { def->must, def->must_not };

		for (size_t k = 0; k < both[0].n_items + both[1].n_items; k++) {
			const struct rd_line *line = k < both[0].n_items
							     ? &both[0].items[k]
							     : &both[1].items[k - both[0].n_items];
			if (is_full(n, text.len, length_of(line))) {
				RD_TRY(end_text(w, &text, err));
				n = 0;
			}
			if (length_of(line) > 0)
				RD_TRY(rd_buf_printf(&text, err, "%s\n\n", line->value));
			n++;
		}
	}
	return end_text(w, &text, err);
}

static uint32_t count_texts(const struct rd_ruleset *rules)
{
	size_t n = 0, bytes = 0;
	uint32_t n_texts = 1;

	for (size_t i = 0; i < rules->definitions.n_rules; i++) {
		const struct rd_definition *def = &rules->definitions.rules[i];
		const struct rd_lines both[] = { def->must, def->must_not };

		for (size_t side = 0; side < 2; side++)
			for (size_t k = 0; k < both[side].n_items; k++) {
				const size_t more = length_of(&both[side].items[k]);
				if (is_full(n, bytes, more)) {
					n_texts++;
					n = bytes = 0;
				}
				n++;
				bytes += more;
			}
	}
	return n_texts;
}

enum rd_rc rd_rules_work(const struct rd_ruleset *rules, int64_t now_ms, struct rd_arena *arena,
	const struct rd_rule_work **ret_work, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *texts = rd_arena_new(TEXT_ARENA_BYTES);
	struct worker w = { .alone = *rules, .now_ms = now_ms, .arena = texts };
	const uint64_t n_runs = (uint64_t)count_texts(rules) * rules->n_rules;

	w.every = (uint32_t)(n_runs / RD_RULE_WORK_RUNS_MAX) + 1;
	w.work = rd_arena_array(arena, rules->n_rules + 1u, sizeof *w.work);
	w.places = rd_arena_array(arena, rules->n_patterns + 1u, sizeof *w.places);
	if (w.work == NULL || w.places == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to count the rules' work");
	w.all = rules->places;
	w.alone.places = w.places;
	w.alone.n_leanings = 0;
	RD_TRY(run_examples(&w, err));
	*ret_work = w.work;
	return RD_OK;
}
