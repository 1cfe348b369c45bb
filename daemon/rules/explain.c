#include <stdlib.h>
#include <string.h>

#include "redress/base/buf.h"
#include "redress/rules/score.h"

#define WORDS_SHOWN 70 /* bytes of a hit's words */

static enum rd_rc add_words(const struct rd_hit *hit, const struct rd_message *message,
	struct rd_buf *out, struct rd_err *err)
{
	const char *field = hit->where == RD_WHERE_SUBJECT ? message->subject : message->body;
	uint32_t to = hit->to, from = hit->from;
	bool more = to - from > WORDS_SHOWN;

	if (more)
		to = from + WORDS_SHOWN;
	while (more && to > from && ((unsigned char)field[to] & 0xc0) == 0x80)
		to--;
	RD_TRY(rd_buf_add_str(out, "\"", err));
	for (uint32_t i = from; i < to; i++) {
		char c = (unsigned char)field[i] < 0x20 || field[i] == 0x7f ? ' ' : field[i];
		RD_TRY(rd_buf_add(out, &c, 1, err));
	}
	return rd_buf_add_str(out, more ? "...\"" : "\"", err);
}

static enum rd_rc add_hit(const struct rd_hit *hit, const struct rd_message *message,
	struct rd_buf *out, struct rd_err *err)
{
	bool stopped = hit->by[0] != '\0';

	if (stopped)
		RD_TRY(rd_buf_printf(out, err, "    --  %-28s ", hit->rule));
	else
		RD_TRY(rd_buf_printf(out, err, " %+5.1f  %-28s ", hit->points, hit->rule));
	if (hit->words[0] != '\0') {
		RD_TRY(rd_buf_add_str(out, hit->words, err));
	} else if (hit->to > hit->from) {
		RD_TRY(rd_buf_printf(out, err, "%s %u-%u ",
			hit->where == RD_WHERE_SUBJECT ? "subject" : "body", (unsigned)hit->from,
			(unsigned)hit->to));
		RD_TRY(add_words(hit, message, out, err));
	} else {
		RD_TRY(rd_buf_add_str(out, "(rules together)", err));
	}
	if (stopped)
		RD_TRY(rd_buf_printf(out, err, "  stopped by %s", hit->by));
	RD_TRY(rd_buf_printf(out, err, "  %s", hit->place));
	if (hit->layer[0] != '\0')
		RD_TRY(rd_buf_printf(out, err, " (%s)", hit->layer));
	if (hit->means[0] != '\0')
		RD_TRY(rd_buf_printf(out, err, "\n        %s", hit->means));
	return rd_buf_add_str(out, "\n", err);
}

static enum rd_rc add_list(const char *title, const char *const *items, size_t n,
	const char *between, struct rd_buf *out, struct rd_err *err)
{
	if (n == 0)
		return RD_OK;
	RD_TRY(rd_buf_printf(out, err, " %s: ", title));
	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_buf_printf(out, err, "%s%s", i > 0 ? between : "", items[i]));
	return rd_buf_add_str(out, "\n", err);
}

static enum rd_rc add_signs(const struct rd_score *s, struct rd_buf *out, struct rd_err *err)
{
	const char *flags[RD_N_FLAGS];
	size_t n = 0;

	for (int i = 0; i < RD_N_FLAGS; i++)
		if (s->flags[i])
			flags[n++] = rd_flag_names[i];
	RD_TRY(add_list("flags", flags, n, ", ", out, err));
	RD_TRY(add_list("marks", s->marks, s->n_marks, ", ", out, err));
	RD_TRY(add_list("topics", s->topics, s->n_topics, ", ", out, err));
	for (int k = 0; k < RD_N_KINDS; k++)
		if (k != RD_COMPLAINT && s->totals[k] > 0)
			RD_TRY(rd_buf_printf(
				out, err, " points for %s: %g\n", rd_kind_names[k], s->totals[k]));
	return RD_OK;
}

enum rd_rc rd_score_explain(const struct rd_score *score, const struct rd_message *message,
	const char *ruleset, struct rd_buf *out, struct rd_err *err)
{
	RD_TRY(rd_buf_printf(out, err,
		"%s%s %g (no complaint below %g, complaint from %g)  rules %.19s\n",
		rd_kind_names[score->kind], score->review ? ", A PERSON MUST LOOK:" : "",
		score->total, score->request_below, score->complaint_from, ruleset));
	for (size_t i = 0; i < score->n_hits; i++)
		RD_TRY(add_hit(&score->hits[i], message, out, err));
	for (size_t i = 0; i < score->n_suppressed; i++)
		RD_TRY(add_hit(&score->suppressed[i], message, out, err));
	RD_TRY(add_signs(score, out, err));
	RD_TRY(add_list("a person must look because", score->review_reasons,
		score->n_review_reasons, "; ", out, err));
	return rd_buf_printf(out, err, " nearest change: %s\n", score->nearest_change);
}
