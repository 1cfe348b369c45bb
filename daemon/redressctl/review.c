/* review list, review decide: what a person must look at, and the samples that they may check. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "command.h"
#include "desk.h"
#include "print.h"
#include "redress/gateway/acts.h"
#include "redress/store/queue.h"
#include "redress/store/residents.h"
#include "redress/store/reading.h"
#include "redress/store/review.h"

#define SUBJECT_SHOWN 40 /* characters */

/* A message under review, as the list shows it. */
struct about {
	const char *subject; /* else its first words; "" where it has none, or they are erased */
	struct rd_score score;
	bool read;
	bool spoofed;				/* the sender's address failed its checks */
	const char *adjustments, *restrictions; /* of the resident, by the contacts file */
};

/* What whoever decides, and answers, must know of the resident. */
static enum rd_rc read_resident(struct rd_ctl_desk *desk, const struct rd_review *review,
	struct about *about, struct rd_err *err)
{
	struct rd_resident resident;
	struct rd_case c;
	size_t n = 0;

	if (review->case_id == 0)
		return RD_OK;
	RD_TRY(rd_case_get(desk->desk.db, review->case_id, desk->arena, &c, err));
	RD_TRY(rd_resident_known(
		desk->desk.db, c.landlord, c.contact, desk->arena, &resident, &n, err));
	if (n > 0) {
		about->adjustments = resident.adjustments;
		about->restrictions = resident.restrictions;
	}
	return RD_OK;
}

static enum rd_rc read_about(struct rd_ctl_desk *desk, const struct rd_review *review,
	struct about *about, struct rd_err *err)
{
	struct rd_message message;
	const char *ruleset;
	bool erased = false;

	*about = (struct about){ .subject = "", .adjustments = "", .restrictions = "" };
	RD_TRY(read_resident(desk, review, about, err));
	if (review->message_id == 0)
		return RD_OK;
	const enum rd_rc rc = rd_reading_get(desk->desk.db, review->message_id, desk->arena,
		&message, &about->score, &ruleset, &erased, err);
	if (rc == RD_E_MISSING)
		return RD_OK;
	RD_TRY(rc);
	about->read = true;
	about->spoofed = message.authentication == RD_AUTHENTICATION_FAILED;
	if (!erased)
		about->subject = message.subject[0] != '\0' ? message.subject : message.body;
	return RD_OK;
}

/* At most SUBJECT_SHOWN characters, whole ones. */
static const char *shortened(struct rd_ctl_desk *desk, const char *text)
{
	size_t n = 0, len = 0;

	while (text[len] != '\0' && n < SUBJECT_SHOWN) {
		len++;
		while (((unsigned char)text[len] & 0xc0) == 0x80)
			len++;
		n++;
	}
	if (text[len] == '\0')
		return text[0] != '\0' ? text : "-";
	text = rd_arena_printf(desk->arena, "%.*s...", (int)len, text);
	return text != NULL ? text : "-";
}

/* The reasons, with what the contacts file says before them. */
static const char *with_resident(
	struct rd_ctl_desk *desk, const struct about *about, const char *reasons)
{
	const char *words = reasons;

	if (about->spoofed)
		words = rd_arena_printf(desk->arena, "SPOOFED? ask who wrote; %s", words);
	if (about->adjustments[0] != '\0' && words != NULL)
		words = rd_arena_printf(desk->arena, "adjustments: %s; %s",
			shortened(desk, rd_ctl_in_one_line(desk, about->adjustments)), words);
	if (about->restrictions[0] != '\0' && words != NULL)
		words = rd_arena_printf(desk->arena, "contact restricted: %s; %s",
			shortened(desk, rd_ctl_in_one_line(desk, about->restrictions)), words);
	return words != NULL ? words : reasons;
}

/* Most reviews have this reason, and only its number tells one from another. */
static const char *short_reasons(
	struct rd_ctl_desk *desk, const struct rd_review *review, const struct about *about)
{
	static const char between[] =
		"it may be a complaint: the points lie between the two thresholds";
	const char *reasons = rd_ctl_in_one_line(desk, review->reasons);
	const char *at = strstr(reasons, between);

	if (at == NULL || !about->read)
		return reasons;
	const char *words = rd_arena_printf(desk->arena,
		"%.*sbetween the thresholds, %g (%g to %g)%s", (int)(at - reasons), reasons,
		about->score.total, about->score.request_below, about->score.complaint_from,
		at + sizeof between - 1);
	return words != NULL ? words : reasons;
}

static json_t *review_json(
	struct rd_ctl_desk *desk, const struct rd_review *review, const struct about *about)
{
	const bool decided = review->decided_ms != 0;

	return json_pack("{s:I,s:s,s:o,s:s,s:o,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:b}", "review",
		(json_int_t)review->id, "ref", rd_ctl_reference(desk, review->case_id), "message",
		review->message_id != 0 ? json_integer(review->message_id) : json_null(), "best",
		rd_kind_names[review->best], "subject", rd_json_text(about->subject), "reasons",
		review->reasons, "since", rd_json_instant(review->created_ms), "decided",
		decided ? json_string(rd_kind_names[review->decided]) : json_null(), "by",
		rd_json_text(review->by), "at", rd_json_instant(review->decided_ms), "why",
		rd_json_text(review->why), "adjustments", rd_json_text(about->adjustments),
		"restrictions", rd_json_text(about->restrictions), "spoofed", about->spoofed);
}

static enum rd_rc add_review(struct rd_ctl_desk *desk, struct rd_listing *listing,
	const struct rd_review *review, struct rd_err *err)
{
	char row[24], since[24];
	struct about about;

	RD_TRY(read_about(desk, review, &about, err));
	snprintf(row, sizeof row, "%" PRId64, review->id);
	if (listing->json != NULL)
		json_array_append_new(listing->json, review_json(desk, review, &about));
	rd_table_row(&listing->table,
		(const char *const[]){ row, rd_ctl_reference(desk, review->case_id),
			rd_kind_names[review->best], rd_short_instant(review->created_ms, since),
			review->decided_ms != 0 ? rd_kind_names[review->decided] : "-",
			shortened(desk, about.subject),
			with_resident(desk, &about, short_reasons(desk, review, &about)) });
	return RD_OK;
}

static enum rd_rc list_reviews(
	const struct rd_ctl *ctl, struct rd_ctl_desk *desk, bool all, struct rd_err *err)
{
	static const char *const heads[] = { "review", "case", "probably", "since", "decided",
		"about", "why a person must look", NULL };
	RD_CLEANUP(rd_listing_free) struct rd_listing listing = { 0 };
	struct rd_review *reviews;
	size_t n;

	RD_TRY(rd_review_list(desk->desk.db, 0, all, desk->arena, &reviews, &n, err));
	rd_listing_begin(&listing, ctl->json, heads);
	for (size_t i = 0; i < n; i++)
		RD_TRY(add_review(desk, &listing, &reviews[i], err));
	rd_listing_show(&listing, "Nothing waits to be looked at.");
	return RD_OK;
}

/* only: they were asked for, so that none is an answer too. */
static enum rd_rc list_samples(
	const struct rd_ctl *ctl, struct rd_ctl_desk *desk, bool all, bool only, struct rd_err *err)
{
	static const char *const heads[] = { "review", "case", "read as", "since", "decided",
		"about", "what to check", NULL };
	RD_CLEANUP(rd_listing_free) struct rd_listing listing = { 0 };
	struct rd_review *samples;
	size_t n;

	RD_TRY(rd_review_samples(desk->desk.db, all, desk->arena, &samples, &n, err));
	if (n == 0 && !only)
		return RD_OK;
	if (!ctl->json && n > 0)
		printf("%sSamples: read automatically as requests for service and answered as "
		       "such; please check that\nnone was a complaint (%d in 100 are shown, no "
		       "clock waits for them):\n\n",
			only ? "" : "\n", RD_SAMPLE_PER_CENT);
	rd_listing_begin(&listing, ctl->json, heads);
	for (size_t i = 0; i < n; i++) {
		samples[i].reasons = "was it a complaint?";
		RD_TRY(add_review(desk, &listing, &samples[i], err));
	}
	rd_listing_show(&listing, "No sample waits to be checked.");
	return RD_OK;
}

enum rd_exit rd_ctl_review_list(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "all", no_argument, NULL, 'a' },
		{ "samples", no_argument, NULL, 's' }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	bool all = false, samples = false;
	struct rd_err err = { 0 };
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'a')
			all = true;
		else if (option == 's')
			samples = true;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (optind < argc)
		return rd_ctl_usage(ctl);
	if (rd_ctl_open(ctl, &desk, &err) != RD_OK)
		return rd_ctl_fail(&err);
	if (!samples && list_reviews(ctl, &desk, all, &err) != RD_OK)
		return rd_ctl_fail(&err);
	/* A script's list of reviews is that and no more: samples are asked for by name. */
	if ((samples || !ctl->json) && list_samples(ctl, &desk, all, samples, &err) != RD_OK)
		return rd_ctl_fail(&err);
	return RD_EXIT_DONE;
}

/* A case may have several reviews: which one is meant is for the officer to say. */
static enum rd_rc fail_case_for_review(
	struct rd_ctl_desk *desk, const char *reference, struct rd_err *err)
{
	struct rd_review *reviews;
	const char *numbers = "";
	int64_t case_id;
	size_t n;

	RD_TRY(rd_ctl_case(desk, reference, &case_id, err));
	RD_TRY(rd_review_list(desk->desk.db, case_id, false, desk->arena, &reviews, &n, err));
	for (size_t i = 0; i < n && numbers != NULL; i++)
		if (reviews[i].decided_ms == 0)
			numbers = rd_arena_printf(desk->arena, "%s%s%" PRId64, numbers,
				numbers[0] != '\0' ? ", " : "", reviews[i].id);
	if (numbers == NULL || numbers[0] == '\0')
		return rd_fail(err, RD_E_INPUT,
			"a review has a number, the first column of `review list`; no review of %s "
			"waits (`case reclassify` says what a case is)",
			reference);
	return rd_fail(err, RD_E_INPUT,
		"a review has a number, the first column of `review list`; this case's is %s",
		numbers);
}

enum rd_exit rd_ctl_review_decide(struct rd_ctl *ctl, int argc, char **argv)
{
	static const struct option options[] = { { "kind", required_argument, NULL, 'k' },
		{ "why", required_argument, NULL, 'w' }, RD_CTL_OPTIONS, { NULL, 0, NULL, 0 } };
	RD_CLEANUP(rd_ctl_close) struct rd_ctl_desk desk = { 0 };
	const char *kind_word = NULL, *why = NULL;
	const char *reference;
	struct rd_err err = { 0 };
	int64_t review = 0, case_id = 0;
	enum rd_kind kind;
	int option;

	while ((option = rd_ctl_next_option(argc, argv, options)) != -1) {
		if (option == 'k')
			kind_word = optarg;
		else if (option == 'w')
			why = optarg;
		else if (!rd_ctl_option(ctl, option))
			return rd_ctl_usage(ctl);
	}
	if (optind + 1 != argc || kind_word == NULL)
		return rd_ctl_usage(ctl);
	if (!rd_kind_parse(kind_word, &kind))
		return rd_ctl_not_one_of(kind_word, rd_kind_names);
	const bool is_case = strncasecmp(argv[optind], "RD", 2) == 0;
	if ((!is_case && rd_ctl_row(argv[optind], &review, &err) != RD_OK) ||
		rd_ctl_open(ctl, &desk, &err) != RD_OK ||
		(is_case && fail_case_for_review(&desk, argv[optind], &err) != RD_OK) ||
		rd_act_decide(desk.desk.db, &desk.desk.office, review, kind, why, &case_id, &err) !=
			RD_OK)
		return rd_ctl_fail(&err);
	reference = rd_ctl_reference(&desk, case_id);
	if (ctl->json)
		rd_json_print(json_pack("{s:s,s:s}", "ref", reference, "kind", kind_word));
	else
		printf("%s: decided, %s\n", reference, kind_word);
	return RD_EXIT_DONE;
}
