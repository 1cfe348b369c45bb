/* letters: every shipped letter of every shipped landlord, one after the other: each kind, channel
 * and language, with as much said as can be and with as little.
 */
#ifndef REDRESS_SUPPORT_LETTERS_H
#define REDRESS_SUPPORT_LETTERS_H

#include <stdlib.h>
#include <string.h>

#include "redress/base/arena.h"
#include "redress/policy/letter_welsh.h"
#include "redress/policy/policy.h"

#define LETTERS_REFERENCE "RD100001-K7QF"
#define LETTERS_LANDLORDS 6

static const char *const letters_landlords[LETTERS_LANDLORDS] = { "code-2024", "plexus-omega",
	"feedback-first", "one-housing", "later-living", "homes-in-sedgemoor" };

struct letters {
	struct rd_arena *arena, *page;
	struct rd_rulefiles files;
	struct rd_policy *policies[LETTERS_LANDLORDS];
	int next;
	/* the letter that letters_next found */
	const char *landlord;
	enum rd_letter_kind kind;
	enum rd_channel channel;
	enum rd_language language;
	bool fullest;
	struct rd_rendered rendered;
};

static const char *const letters_topics[] = { "a leak", "a delay" };

static inline int letters_setup(void **state)
{
	struct letters *l = calloc(1, sizeof *l);
	struct rd_err err = { 0 };

	assert_non_null(l);
	l->arena = rd_arena_new(64u << 20);
	l->page = rd_arena_new(4u << 20);
	if (rd_rulefiles_read(RD_SOURCE_DIR "/rules", l->arena, &l->files, &err) != RD_OK)
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < LETTERS_LANDLORDS; i++)
		if (rd_policy_load(&l->files, letters_landlords[i], &l->policies[i], &err) != RD_OK)
			fail_msg("%s", err.msg);
	*state = l;
	return 0;
}

static inline int letters_teardown(void **state)
{
	struct letters *l = *state;

	for (size_t i = 0; i < LETTERS_LANDLORDS; i++)
		rd_policy_free(l->policies[i]);
	rd_arena_free(l->page);
	rd_arena_free(l->arena);
	free(l);
	return 0;
}

#define letters_test(f) cmocka_unit_test_setup_teardown(f, letters_setup, letters_teardown)

static inline void letters_restart(struct letters *l)
{
	l->next = 0;
}

static const struct rd_answer_point letters_points[] = { { "a leak", "We mended it late.", 0 },
	{ "a delay", "You waited for a month.", 0 } };
static const struct rd_answer_action letters_actions[] = { { "Mend the roof", "the repairs team",
	{ 2026, 12, 18 }, 0 } };
static const struct rd_answer letters_answer = { .found = RD_FOUND_PARTLY,
	.complaint = "The roof leaks.",
	.reasons = "Nobody came.",
	.law = "Repairs policy 4",
	.apology = "We are sorry for the wait.",
	.remedy = "A new roof by May.",
	.money = "120.00",
	.money_for = "the wait",
	.records = "The date of your call.",
	.prevention = "A second roofer.",
	.reconsidered = "We now offer money.",
	.learning = "Two roofers are not enough.",
	.points = letters_points,
	.n_points = 2,
	.actions = letters_actions,
	.n_actions = 1 };
static const struct rd_answer letters_short_answer = { .found = RD_FOUND_NOT,
	.complaint = "The roof leaks.",
	.reasons = "Nobody came.",
	.law = "Repairs policy 4",
	.apology = "",
	.remedy = "",
	.money = "",
	.money_for = "",
	.records = "",
	.prevention = "",
	.reconsidered = "Nothing is changed.",
	.learning = "",
	.points = letters_points,
	.n_points = 2 };

static inline struct rd_letter_values letters_values(
	const struct letters *l, const struct rd_landlord *landlord)
{
	const bool answers =
		l->kind == RD_LETTER_STAGE1_RESPONSE || l->kind == RD_LETTER_STAGE2_RESPONSE;
	const bool second =
		l->kind == RD_LETTER_STAGE2_RESPONSE || l->kind == RD_LETTER_STAGE2_ACKNOWLEDGEMENT;

	return (struct rd_letter_values){ .reference = LETTERS_REFERENCE,
		.landlord = landlord,
		.kind = RD_COMPLAINT,
		.stage = second ? RD_STAGE_2 : RD_STAGE_1,
		.topics = letters_topics,
		.n_topics = 2,
		.understood = "The roof leaks.",
		.outcome = l->fullest ? "A roof that holds <& \"stays\">." : NULL,
		.reasons = "The part is late.",
		.terms = "Write to one address alone.",
		.written = { 2026, 11, 20 },
		.received = { 2026, 11, 20 },
		.respond_by = { 2026, 12, 4 },
		.read_by = { 2026, 11, 23 },
		.acknowledge_by = { 2026, 11, 27 },
		.review_on = { 2027, 3, 5 },
		.close_on = { 2026, 12, 18 },
		.escalate_by = l->fullest ? (struct rd_date){ 2026, 12, 8 } : (struct rd_date){ 0 },
		.third_party = l->fullest,
		.spoken_for = l->fullest,
		.emergency_health = l->fullest,
		.emergency_heat = l->fullest,
		.welsh = rd_letters_welsh(l->policies[0]->letters),
		.answer = !answers     ? NULL
			  : l->fullest ? &letters_answer
				       : &letters_short_answer };
}

/* The next letter; false behind the last one. */
static inline bool letters_next(struct letters *l)
{
	while (l->next < LETTERS_LANDLORDS * RD_N_LETTERS * 8) {
		const int at = l->next++;
		const struct rd_policy *policy = l->policies[at / (RD_N_LETTERS * 8)];
		struct rd_landlord landlord = policy->landlord;
		const struct rd_letter *letter, *english;
		struct rd_letter_values values;
		struct rd_err err = { 0 };

		l->landlord = landlord.name;
		l->kind = (enum rd_letter_kind)(at / 8 % RD_N_LETTERS);
		l->channel = (enum rd_channel)(at & 1);
		l->fullest = (at & 2) == 0;
		l->language = (at & 4) != 0 ? RD_WELSH : RD_ENGLISH;
		letter = rd_letters_find_in(policy->letters, l->kind, l->channel, l->language);
		english = rd_letters_find(policy->letters, l->kind, l->channel);
		if (letter == NULL)
			continue;
		landlord.welsh_responsible = "ein cartrefi, ein gwaith trwsio a'n staff";
		landlord.welsh_not_responsible = "beth mae'r cyngor neu'r heddlu yn ei wneud";
		values = letters_values(l, &landlord);
		rd_arena_reset(l->page);
		if ((l->language == RD_WELSH && l->channel == RD_CHANNEL_EMAIL
				    ? rd_letter_render_both(
					      letter, english, &values, l->page, &l->rendered, &err)
				    : rd_letter_render(letter, &values, l->page, &l->rendered,
					      &err)) != RD_OK)
			fail_msg("%s for %s: %s", rd_letter_version(letter), l->landlord, err.msg);
		return true;
	}
	return false;
}

#endif
