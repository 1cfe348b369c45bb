#include "backtest_print.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "print.h"
#include "reading.h"
#include "redress/base/clock.h"

#define FLIP_ARENA_BYTES (8u << 20)
#define BAR_EVERY_MS	 150
#define BAR_CELLS	 30
#define NAMED_MAX	 1000		/* lost and gained ones that the sums name */
#define JSON_BEGIN	 "{\"flips\":[" /* before the first of them, or before the rest */

void rd_backtest_print_begin(struct rd_backtest_print *print, bool json)
{
	*print = (struct rd_backtest_print){
		.json = json,
		.with_bar = !json && isatty(STDERR_FILENO),
		.arena = rd_arena_new(FLIP_ARENA_BYTES),
		.lost = json_array(),
		.gained = json_array(),
	};
}

void rd_backtest_print_free(struct rd_backtest_print *print)
{
	rd_arena_free(print->arena);
	json_decref(print->lost);
	json_decref(print->gained);
	json_decref(print->nearest.id);
	memset(print, 0, sizeof *print);
}

/* ---- the bar ---- */

void rd_backtest_print_wipe(struct rd_backtest_print *print)
{
	if (print->bar_stands)
		fputs("\r\033[K", stderr);
	print->bar_stands = false;
}

void rd_backtest_print_bar(struct rd_backtest_print *print, double share, int64_t n)
{
	const int64_t now = rd_monotonic_ms();
	char cells[BAR_CELLS + 1];

	if (!print->with_bar || (print->bar_stands && now - print->bar_ms < BAR_EVERY_MS))
		return;
	print->bar_ms = now;
	print->bar_stands = true;
	fflush(stdout);
	if (share < 0) {
		fprintf(stderr, "\r%" PRId64 " messages", n);
		return;
	}
	for (int i = 0; i < BAR_CELLS; i++)
		cells[i] = (i + 1) <= share * BAR_CELLS ? '#' : '.';
	cells[BAR_CELLS] = '\0';
	fprintf(stderr, "\r[%s] %3d%%, %" PRId64 " message%s", cells, (int)(share * 100), n,
		n == 1 ? "" : "s");
}

/* ---- a flip ---- */

static double to_three_digits(double points)
{
	return round(points * 1000) / 1000;
}

static void print_score(const char *when, const struct rd_score *score)
{
	if (score == NULL) {
		printf("  %-4s  could not be read to the end, so a person gets it\n", when);
		return;
	}
	printf("  %-4s  %s%s, %g point%s (a person looks from %g, complaint from %g)\n", when,
		rd_kind_names[score->kind], score->review ? ", unsure" : "",
		to_three_digits(score->total), score->total == 1 ? "" : "s", score->request_below,
		score->complaint_from);
}

static void print_held_back(const struct rd_rule_change *change)
{
	const struct rd_hit *stop = change->held_back;

	if (stop == NULL)
		return;
	printf("; %s %s", change->what == RD_RULE_WENT ? "now stopped by" : "no longer stopped by",
		stop->by[0] != '\0' ? stop->by : "an Unless");
	if (stop->by_place[0] != '\0')
		printf(" (%s)", stop->by_place);
}

static void print_change(const struct rd_rule_change *change, const struct rd_message *message,
	struct rd_arena *arena)
{
	const struct rd_hit *hit = change->is != NULL ? change->is : change->was;

	if (change->what == RD_RULE_POINTS)
		printf("  points %+g -> %+g", to_three_digits(change->was->points),
			to_three_digits(change->is->points));
	else
		printf("  %s %+g", change->what == RD_RULE_CAME ? "came" : "went",
			to_three_digits(hit->points));
	fputs("  ", stdout);
	rd_ctl_print_quoted(rd_ctl_hit_words(message, hit, arena));
	printf("  %s (%s, %s)", hit->means[0] != '\0' ? hit->means : hit->rule, hit->rule,
		hit->place);
	print_held_back(change);
	putchar('\n');
}

static void print_flags(const struct rd_score *was, const struct rd_score *is)
{
	const char *before = "  flags";

	for (int i = 0; was != NULL && is != NULL && i < RD_N_FLAGS; i++) {
		if (was->flags[i] == is->flags[i])
			continue;
		printf("%s %c%s", before, is->flags[i] ? '+' : '-', rd_flag_names[i]);
		before = ",";
	}
	if (*before == ',')
		putchar('\n');
}

/* Nothing of the rules: then the points that are asked for are others. */
static void print_thresholds(const struct rd_score *was, const struct rd_score *is)
{
	if (was == NULL || is == NULL)
		return;
	if (fabs(was->request_below - is->request_below) > 0)
		printf("  Request below %g -> %g\n", was->request_below, is->request_below);
	if (fabs(was->complaint_from - is->complaint_from) > 0)
		printf("  Complaint from %g -> %g\n", was->complaint_from, is->complaint_from);
}

static void print_reasons(const struct rd_score *is)
{
	for (size_t i = 0; is != NULL && i < is->n_review_reasons; i++)
		printf("  a person looks because %s\n", is->review_reasons[i]);
}

static const char *end_words(const struct rd_replayed *result)
{
	switch (rd_replayed_confirmed(result)) {
	case RD_CONFIRMED_LOST:
		return "; a person confirmed that it is a complaint: LOST";
	case RD_CONFIRMED_GAINED:
		return "; a person confirmed that it is a complaint: found now";
	case RD_CONFIRMED_KEPT:
		return "; a person confirmed that it is a complaint";
	case RD_CONFIRMED_NOT:
	case RD_CONFIRMED_MISSED:
		break;
	}
	return "";
}

static void print_head(const struct rd_backtest_name *name, const struct rd_rehearsed *message)
{
	const struct rd_replayed *result = &message->result;
	char day[20];

	if (json_is_integer(name->id))
		printf("message %" JSON_INTEGER_FORMAT, json_integer_value(name->id));
	else
		rd_ctl_print_quoted(json_string_value(name->id));
	if (name->reference[0] != '\0')
		printf(", %s", name->reference);
	printf(", %s", name->channel == RD_CHANNEL_SMS ? "text" : "mail");
	if (rd_date_is_set(result->day))
		printf(" of %s", rd_short_day(result->day, day));
	printf(": %s -> %s%s\n", rd_stand_names[rd_score_stand(result->was)],
		rd_stand_names[rd_score_stand(result->is)], end_words(result));
}

/* ---- a flip as JSON ---- */

static json_t *points_json(const struct rd_hit *hit)
{
	return hit != NULL ? json_real(to_three_digits(hit->points)) : json_null();
}

static json_t *score_json(const struct rd_score *score)
{
	if (score == NULL)
		return json_null();
	return json_pack("{s:s,s:s,s:b,s:f,s:f,s:f}", "stand",
		rd_stand_names[rd_score_stand(score)], "kind", rd_kind_names[score->kind], "review",
		score->review, "score", to_three_digits(score->total), "request_below",
		score->request_below, "complaint_from", score->complaint_from);
}

static json_t *change_json(const struct rd_rule_change *change, const struct rd_message *message,
	struct rd_arena *arena)
{
	static const char *const names[] = { "came", "went", "points" };
	const struct rd_hit *hit = change->is != NULL ? change->is : change->was;
	const struct rd_hit *stop = change->held_back;

	return json_pack("{s:s,s:s,s:s,s:o,s:o,s:s,s:[i,i],s:s,s:s,s:o,s:o}", "rule", hit->rule,
		"means", hit->means, "change", names[change->what], "was", points_json(change->was),
		"is", points_json(change->is), "where",
		hit->where == RD_WHERE_SUBJECT ? "subject" : "body", "span", (int)hit->from,
		(int)hit->to, "text", rd_ctl_hit_words(message, hit, arena), "place", hit->place,
		"stopped_by", stop != NULL ? rd_json_text(stop->by) : json_null(), "stopped_at",
		stop != NULL ? rd_json_text(stop->by_place) : json_null());
}

static json_t *flags_json(const struct rd_score *from, const struct rd_score *to)
{
	bool flags[RD_N_FLAGS] = { false };

	for (int i = 0; from != NULL && to != NULL && i < RD_N_FLAGS; i++)
		flags[i] = to->flags[i] && !from->flags[i];
	return rd_json_flags(flags);
}

static json_t *flip_json(const struct rd_backtest_name *name, const struct rd_rehearsed *message,
	const struct rd_rule_change *changes, size_t n, struct rd_arena *arena)
{
	const struct rd_replayed *r = &message->result;
	const enum rd_confirmed_end end = rd_replayed_confirmed(r);
	json_t *rules = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(rules, change_json(&changes[i], &message->message, arena));
	return json_pack("{s:O,s:o,s:s,s:o,s:o,s:b,s:o,s:o,s:o,s:o,s:o,s:o}", "message", name->id,
		"ref", rd_json_text(name->reference), "channel",
		name->channel == RD_CHANNEL_SMS ? "sms" : "email", "received", rd_json_day(r->day),
		"confirmed",
		r->confirmed >= 0 ? json_string(rd_kind_names[r->confirmed]) : json_null(), "lost",
		end == RD_CONFIRMED_LOST, "was", score_json(r->was), "is", score_json(r->is),
		"rules", rules, "flags_gained", flags_json(r->was, r->is), "flags_lost",
		flags_json(r->is, r->was), "review_reasons",
		rd_json_words(r->is != NULL ? r->is->review_reasons : NULL,
			r->is != NULL ? r->is->n_review_reasons : 0));
}

static void dump(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(10));

	RD_ASSERT(text != NULL);
	fputs(text, stdout);
	free(text);
	json_decref(json);
}

static void remember(struct rd_backtest_print *print, const struct rd_backtest_name *name,
	const struct rd_rehearsed *message)
{
	const enum rd_confirmed_end end = rd_replayed_confirmed(&message->result);

	if (end == RD_CONFIRMED_LOST && json_array_size(print->lost) < NAMED_MAX)
		json_array_append(print->lost, name->id);
	if (end == RD_CONFIRMED_GAINED && json_array_size(print->gained) < NAMED_MAX)
		json_array_append(print->gained, name->id);
}

/* Points that changed nothing yet: how near did they come? */
static void note_moved(struct rd_backtest_print *print, const struct rd_backtest_name *name,
	const struct rd_replayed *r)
{
	const struct rd_score *is = r->is;

	if (r->was == NULL || is == NULL ||
		to_three_digits(r->was->total) == to_three_digits(is->total))
		return;
	const double far =
		fmin(fabs(is->total - is->request_below), fabs(is->total - is->complaint_from));
	print->n_moved++;
	if (print->nearest.id != NULL && far >= print->nearest.far)
		return;
	json_decref(print->nearest.id);
	print->nearest.id = json_incref(name->id);
	print->nearest.was = to_three_digits(r->was->total);
	print->nearest.is = to_three_digits(is->total);
	print->nearest.far = far;
	print->nearest.request_below = is->request_below;
	print->nearest.complaint_from = is->complaint_from;
}

enum rd_rc rd_backtest_print_flip(struct rd_backtest_print *print,
	const struct rd_backtest_name *name, const struct rd_rehearsed *message, struct rd_err *err)
{
	const struct rd_replayed *r = &message->result;
	const struct rd_rule_change *changes;
	size_t n = 0;

	if (!rd_replayed_flips(r)) {
		note_moved(print, name, r);
		return RD_OK;
	}
	rd_arena_reset(print->arena);
	remember(print, name, message);
	RD_TRY(rd_backtest_explain(r->was, r->is, print->arena, &changes, &n, err));
	if (print->json) {
		fputs(print->n_flips++ > 0 ? "," : JSON_BEGIN, stdout);
		dump(flip_json(name, message, changes, n, print->arena));
		return RD_OK;
	}
	print->n_flips++;
	rd_backtest_print_wipe(print);
	print_head(name, message);
	print_score("now", r->was);
	print_score("then", r->is);
	for (size_t i = 0; i < n; i++)
		print_change(&changes[i], &message->message, print->arena);
	print_thresholds(r->was, r->is);
	print_flags(r->was, r->is);
	print_reasons(r->is);
	putchar('\n');
	return RD_OK;
}

/* ---- the sums ---- */

double rd_backtest_a_day(size_t n, int n_days)
{
	return n_days > 0 ? round(10.0 * (double)n / n_days) / 10 : 0;
}

void rd_backtest_flips_words(const struct rd_backtest *found, char out[static RD_FLIPS_WORDS_MAX])
{
	size_t len = 0;

	snprintf(out, RD_FLIPS_WORDS_MAX, "none");
	for (int was = RD_N_STANDS - 1; was >= 0; was--)
		for (int is = 0; is < RD_N_STANDS; is++) {
			if (was == is || found->stands[was][is] == 0)
				continue;
			len += (size_t)snprintf(out + len, RD_FLIPS_WORDS_MAX - len,
				"%s%zu %s -> %s", len > 0 ? ", " : "", found->stands[was][is],
				rd_stand_names[was], rd_stand_names[is]);
		}
}

static void print_table(const struct rd_backtest *found)
{
	printf("\n%-12s", "now \\ then");
	for (int is = 0; is < RD_N_STANDS; is++)
		printf("%11s", rd_stand_names[is]);
	putchar('\n');
	for (int was = 0; was < RD_N_STANDS; was++) {
		printf("%-12s", rd_stand_names[was]);
		for (int is = 0; is < RD_N_STANDS; is++)
			printf("%11zu", found->stands[was][is]);
		putchar('\n');
	}
	printf("\n%zu would flip.\n", found->n_flips);
}

static void print_id(const json_t *id)
{
	if (json_is_integer(id))
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(id));
	else
		rd_ctl_print_quoted(json_string_value(id));
}

static void print_moved(const struct rd_backtest_print *print)
{
	const size_t n = print->n_moved;

	if (n == 0)
		return;
	printf("%zu message%s got other points and stay%s where %s; nearest to a threshold: "
	       "message ",
		n, n == 1 ? "" : "s", n == 1 ? "s" : "", n == 1 ? "it is" : "they are");
	print_id(print->nearest.id);
	printf(", %g -> %g (a person looks from %g, complaint from %g).\n", print->nearest.was,
		print->nearest.is, print->nearest.request_below, print->nearest.complaint_from);
}

/* Changes of kind beside the table: from one kind of request to another. */
static void print_kinds(const struct rd_backtest *found)
{
	const char *before = "Kinds that change: ";

	for (int was = 0; was < RD_N_KINDS; was++)
		for (int is = 0; is < RD_N_KINDS; is++) {
			if (was == is || found->kinds[was][is] == 0)
				continue;
			printf("%s%s -> %s %zu", before, rd_kind_names[was], rd_kind_names[is],
				found->kinds[was][is]);
			before = ", ";
		}
	if (*before == ',')
		puts(" (best answers, sure or not).");
}

static void print_flag_sums(const struct rd_backtest *found)
{
	const char *before = "Flags that come or go: ";

	for (int i = 0; i < RD_N_FLAGS; i++) {
		if (found->flags_gained[i] + found->flags_lost[i] == 0)
			continue;
		printf("%s%s", before, rd_flag_names[i]);
		if (found->flags_gained[i] > 0)
			printf(" +%zu", found->flags_gained[i]);
		if (found->flags_lost[i] > 0)
			printf(" -%zu", found->flags_lost[i]);
		before = ", ";
	}
	if (*before == ',')
		puts(".");
}

static void print_load(const struct rd_backtest *found, int n_days)
{
	printf("A person looks at %zu now, at %zu then (unsure ones, and those whose flags ask for "
	       "one)",
		found->persons_was, found->persons_is);
	if (n_days > 0)
		printf(": %.1f a day now, %.1f then (%+.1f)",
			rd_backtest_a_day(found->persons_was, n_days),
			rd_backtest_a_day(found->persons_is, n_days),
			((double)found->persons_is - (double)found->persons_was) / n_days);
	if (found->n > 0)
		printf("; %.1f in 100 now, %.1f then",
			100.0 * (double)found->persons_was / (double)found->n,
			100.0 * (double)found->persons_is / (double)found->n);
	puts(".");
}

static void print_names(const char *what, const json_t *names, size_t n)
{
	if (n == 0)
		return;
	printf("  %s:", what);
	for (size_t i = 0; i < json_array_size(names); i++) {
		fputs(i > 0 ? ", " : " ", stdout);
		print_id(json_array_get(names, i));
	}
	if (n > json_array_size(names))
		printf(" and %zu more", n - json_array_size(names));
	putchar('\n');
}

static void print_confirmed(const struct rd_backtest_print *print, const struct rd_backtest *found)
{
	if (found->n_confirmed == 0) {
		puts("No complaint among them was confirmed by a person, so nothing shows whether "
		     "one would be lost.");
		return;
	}
	printf("Complaints that a person confirmed: %zu; %zu would be lost, %zu found that the "
	       "present rules miss, %zu missed by both.\n",
		found->n_confirmed, found->n_lost, found->n_gained, found->n_missed);
	print_names("lost", print->lost, found->n_lost);
	print_names("found", print->gained, found->n_gained);
}

static void print_left(int64_t n, const char *what)
{
	if (n > 0)
		printf("  %" PRId64 " %s\n", n, what);
}

static void print_not_replayed(const struct rd_backtest_sums *sums)
{
	const struct rd_replay_counts *c = sums->counts;

	if (c == NULL || c->erased + c->unread + c->waiting + c->guarded + c->duplicate +
					 c->together + sums->n_elsewhere ==
				 0)
		return;
	puts("Not replayed:");
	print_left(c->erased, "whose words are erased");
	print_left(c->unread, "that could not be read and went to a person");
	print_left(c->waiting, "not decided yet");
	print_left(
		sums->n_elsewhere, "of landlords that are in use no longer, or not in both sets");
	print_left(c->together, "texts that were read as one with the text before them");
	print_left(
		c->guarded, "that no rule decides (bounces, automatic answers, our own letters)");
	print_left(c->duplicate, "that came twice");
}

/* No table of noughts: where are the messages? */
static void print_none(const struct rd_backtest_sums *sums)
{
	char from[20], to[20], received[20];

	fputs("No messages to try", stdout);
	if (rd_date_is_set(sums->to))
		printf(" from %s to %s",
			rd_date_is_set(sums->from) ? rd_short_day(sums->from, from) : "the first",
			rd_short_day(sums->to, to));
	if (rd_date_is_set(sums->received))
		printf("; the oldest is of %s", rd_short_day(sums->received, received));
	else if (rd_date_is_set(sums->to))
		fputs("; none has been received yet", stdout);
	puts(".");
	print_not_replayed(sums);
}

static void print_for_people(
	const struct rd_backtest_print *print, const struct rd_backtest_sums *sums)
{
	const struct rd_backtest *found = sums->found;
	char first[20], last[20];

	if (found->n == 0) {
		print_none(sums);
		return;
	}
	printf("%zu message%s", found->n, found->n == 1 ? "" : "s");
	if (rd_date_is_set(found->first))
		printf(" of %s to %s", rd_short_day(found->first, first),
			rd_short_day(found->last, last));
	printf(".\nnow:  %s\nthen: %s\n", sums->was, sums->is);
	if (sums->blind[0] != '\0')
		printf("The present rules cannot be read any longer (%s): `now` is what was "
		       "decided at the time.\n",
			sums->blind);
	print_table(found);
	print_moved(print);
	print_kinds(found);
	print_flag_sums(found);
	print_load(found, sums->n_days);
	print_confirmed(print, found);
	print_left((int64_t)found->ended_was, "could not be read to the end now");
	print_left((int64_t)found->ended_is, "could not be read to the end then");
	print_not_replayed(sums);
}

static json_t *stands_json(const struct rd_backtest *found)
{
	json_t *table = json_object();

	for (int was = 0; was < RD_N_STANDS; was++) {
		json_t *row = json_object();
		for (int is = 0; is < RD_N_STANDS; is++)
			json_object_set_new(row, rd_stand_names[is],
				json_integer((json_int_t)found->stands[was][is]));
		json_object_set_new(table, rd_stand_names[was], row);
	}
	return table;
}

static json_t *kinds_json(const struct rd_backtest *found)
{
	json_t *list = json_array();

	for (int was = 0; was < RD_N_KINDS; was++)
		for (int is = 0; is < RD_N_KINDS; is++)
			if (was != is && found->kinds[was][is] > 0)
				json_array_append_new(
					list, json_pack("{s:s,s:s,s:I}", "was", rd_kind_names[was],
						      "is", rd_kind_names[is], "messages",
						      (json_int_t)found->kinds[was][is]));
	return list;
}

static json_t *flag_sums_json(const struct rd_backtest *found)
{
	json_t *list = json_array();

	for (int i = 0; i < RD_N_FLAGS; i++)
		if (found->flags_gained[i] + found->flags_lost[i] > 0)
			json_array_append_new(
				list, json_pack("{s:s,s:I,s:I}", "flag", rd_flag_names[i], "gained",
					      (json_int_t)found->flags_gained[i], "lost",
					      (json_int_t)found->flags_lost[i]));
	return list;
}

static json_t *a_day_json(size_t n, int n_days)
{
	return n_days > 0 ? json_real(rd_backtest_a_day(n, n_days)) : json_null();
}

static json_t *not_replayed_json(const struct rd_backtest_sums *sums)
{
	const struct rd_replay_counts *c = sums->counts;

	if (c == NULL)
		return json_null();
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "erased", (json_int_t)c->erased, "unread",
		(json_int_t)c->unread, "waiting", (json_int_t)c->waiting, "elsewhere",
		(json_int_t)sums->n_elsewhere, "together", (json_int_t)c->together, "guarded",
		(json_int_t)c->guarded, "duplicate", (json_int_t)c->duplicate);
}

static void print_as_json(struct rd_backtest_print *print, const struct rd_backtest_sums *sums)
{
	const struct rd_backtest *found = sums->found;
	json_t *rest = json_pack("{s:s,s:s,s:o,s:I,s:o,s:o,s:o,s:I,s:o,s:o,s:o}", "was",
		sums->sha256_was, "is", sums->sha256_is, "blind", rd_json_text(sums->blind),
		"messages", (json_int_t)found->n, "first", rd_json_day(found->first), "last",
		rd_json_day(found->last), "days",
		sums->n_days > 0 ? json_integer(sums->n_days) : json_null(), "flipped",
		(json_int_t)found->n_flips, "table", stands_json(found), "kinds", kinds_json(found),
		"flags", flag_sums_json(found));

	json_object_set_new(rest, "moved", json_integer((json_int_t)print->n_moved));
	json_object_set_new(rest, "nearest",
		print->nearest.id == NULL
			? json_null()
			: json_pack("{s:O,s:f,s:f}", "message", print->nearest.id, "was",
				  print->nearest.was, "is", print->nearest.is));
	json_object_set_new(rest, "review",
		json_pack("{s:I,s:I,s:o,s:o}", "was", (json_int_t)found->persons_was, "is",
			(json_int_t)found->persons_is, "was_a_day",
			a_day_json(found->persons_was, sums->n_days), "is_a_day",
			a_day_json(found->persons_is, sums->n_days)));
	json_object_set_new(rest, "confirmed",
		json_pack("{s:I,s:I,s:O,s:I,s:O,s:I}", "complaints", (json_int_t)found->n_confirmed,
			"lost", (json_int_t)found->n_lost, "lost_messages", print->lost, "gained",
			(json_int_t)found->n_gained, "gained_messages", print->gained, "missed",
			(json_int_t)found->n_missed));
	json_object_set_new(rest, "ended",
		json_pack("{s:I,s:I}", "was", (json_int_t)found->ended_was, "is",
			(json_int_t)found->ended_is));
	json_object_set_new(rest, "not_replayed", not_replayed_json(sums));
	char *text = json_dumps(rest, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(10));
	RD_ASSERT(text != NULL);
	printf("%s],%s\n", print->n_flips == 0 ? JSON_BEGIN : "", text + 1);
	free(text);
	json_decref(rest);
}

void rd_backtest_print_sums(struct rd_backtest_print *print, const struct rd_backtest_sums *sums)
{
	rd_backtest_print_wipe(print);
	if (print->json)
		print_as_json(print, sums);
	else
		print_for_people(print, sums);
}
