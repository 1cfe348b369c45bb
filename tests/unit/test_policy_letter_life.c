/* Every shipped letter, for every shipped landlord, in both languages, as text and as HTML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/message/sms.h"
#include "redress/policy/policy.h"
#include "support/letters.h"

static void every_letter_renders_for_every_landlord_in_every_language(void **state)
{
	struct letters *l = *state;
	size_t n = 0;

	while (letters_next(l)) {
		assert_null(strstr(l->rendered.text, "{{"));
		assert_null(strstr(l->rendered.text, "}}"));
		assert_null(strstr(l->rendered.text, "\n\n\n"));
		if (l->channel == RD_CHANNEL_SMS) {
			assert_true(rd_sms_size(l->rendered.text, strlen(l->rendered.text)).gsm7);
			assert_true(l->rendered.segments >= 1 && l->rendered.segments <= 6);
			assert_non_null(strstr(l->rendered.text, LETTERS_REFERENCE));
		} else {
			assert_true(l->rendered.n_parts >= 3);
		}
		n++;
	}
	/* six landlords; every kind by mail, most by text, two forms each, and Welsh */
	assert_true(n > 400);
}

static const struct rd_rendered *find(
	struct letters *l, enum rd_letter_kind kind, enum rd_channel channel)
{
	letters_restart(l);
	while (letters_next(l))
		if (l->kind == kind && l->channel == channel && l->language == RD_ENGLISH &&
			l->fullest)
			return &l->rendered;
	fail_msg("no letter %s", rd_letter_names[kind]);
	return NULL;
}

/* One string, without the breaks of its lines. */
static const char *flat(struct letters *l, const char *text)
{
	char *copy = rd_arena_strdup(l->arena, text), *out = copy;

	for (const char *in = copy; *in != '\0'; in++)
		if (*in != '\n')
			*out++ = *in;
		else if (out > copy && out[-1] != ' ')
			*out++ = ' ';
	*out = '\0';
	return copy;
}

static void says_all(struct letters *l, enum rd_letter_kind kind, const char *const *wants)
{
	const char *text = flat(l, find(l, kind, RD_CHANNEL_EMAIL)->text);

	for (size_t i = 0; wants[i] != NULL; i++)
		if (strstr(text, wants[i]) == NULL)
			fail_msg("%s lacks \"%s\": %s", rd_letter_names[kind], wants[i], text);
}

static void an_answer_holds_all_that_the_policies_want(void **state)
{
	static const char *const stage1[] = { "stage 1 of 2", "The roof leaks.",
		"We uphold it in part", "About a leak: We mended it late.", "Nobody came.",
		"Repairs policy 4", "We are sorry for the wait.", "A new roof by May.",
		"\u00a3120.00. It is for this: the wait", "The date of your call.",
		"By Friday 18 December 2026: Mend the roof (the repairs team)",
		"We keep track of all of this until it is done", "A second roofer.",
		"You can ask for stage 2", "You do not have to say why",
		"Please ask by Tuesday 8 December 2026", "0300 111 3000",
		"PO Box 1484, Unit D, Preston PR2 0ET", NULL };
	static const char *const stage2[] = { "stage 2 of 2", "The roof leaks.",
		"We uphold it in part", "About a leak: We mended it late.", "Nobody came.",
		"Repairs policy 4", "We are sorry for the wait.", "A new roof by May.",
		"\u00a3120.00", "The date of your call.", "By Friday 18 December 2026",
		"A second roofer.", "We now offer money.", "This is the end of our process",
		"the next step is the Housing Ombudsman Service", "0300 111 3000", NULL };
	struct letters *l = *state;

	says_all(l, RD_LETTER_STAGE1_RESPONSE, stage1);
	says_all(l, RD_LETTER_STAGE2_RESPONSE, stage2);
	/* What is for the landlord alone stays there. */
	assert_null(strstr(find(l, RD_LETTER_STAGE1_RESPONSE, RD_CHANNEL_EMAIL)->text,
		"Two roofers are not enough."));
}

static void a_text_about_an_answer_says_nothing_of_it(void **state)
{
	static const char *const secrets[] = { "roof", "leak", "uphold", "stage", "sorry", "120",
		NULL };
	static const enum rd_letter_kind kinds[] = { RD_LETTER_STAGE1_RESPONSE,
		RD_LETTER_STAGE2_RESPONSE, RD_LETTER_RESTRICTION, RD_LETTER_CLOSING_CHECK };
	struct letters *l = *state;

	for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
		const char *text = find(l, kinds[k], RD_CHANNEL_SMS)->text;

		for (size_t i = 0; secrets[i] != NULL; i++)
			if (strstr(text, secrets[i]) != NULL)
				fail_msg("%s says %s: %s", rd_letter_names[kinds[k]], secrets[i],
					text);
	}
}

static void a_restriction_says_its_terms_its_end_and_what_it_never_stops(void **state)
{
	static const char *const wants[] = { "Write to one address alone.", "The part is late.",
		"Friday 5 March 2027", "You can always report an emergency repair", "0300 111 3000",
		"because of a disability or another need", NULL };

	says_all(*state, RD_LETTER_RESTRICTION, wants);
}

static void whoever_speaks_for_a_resident_is_asked_for_their_word(void **state)
{
	static const char *const wants[] = { "It seems that you wrote to us for somebody else",
		"ask the person whom it is about to tell us that you may speak for them",
		"we cannot tell you anything about them or their home", "a leak and a delay",
		"stage 1 of 2", "Friday 4 December 2026", "We are not responsible for", NULL };
	static const char *const refute[] = { "If you do not want that, or did not know of it",
		"Then we will deal with you alone.", NULL };
	struct letters *l = *state;
	bool copies[2] = { false, false };

	says_all(l, RD_LETTER_THIRD_PARTY, wants);
	/* Copies to both, and the word of mouth, where the policy has them: later-living. */
	letters_restart(l);
	while (letters_next(l)) {
		const char *text = flat(l, l->rendered.text);

		if (l->kind != RD_LETTER_THIRD_PARTY || l->channel != RD_CHANNEL_EMAIL)
			continue;
		const bool later = strcmp(l->landlord, "later-living") == 0;
		if (strstr(text, "with a copy to you") != NULL)
			copies[later] = true;
		for (size_t i = 0; refute[i] != NULL && later && l->fullest; i++)
			assert_non_null(strstr(text, refute[i]));
		if (!later)
			assert_null(strstr(text, refute[0]));
	}
	assert_true(copies[1]);
	assert_false(copies[0]);
}

static void a_members_office_has_its_own_letter(void **state)
{
	static const char *const wants[] = { "somebody whom you represent", "a leak and a delay",
		"Friday 4 December 2026", "as far as the law lets us",
		"needs nobody to send them there", NULL };

	says_all(*state, RD_LETTER_MP_COUNCILLOR, wants);
}

static void a_welsh_mail_holds_both_languages_under_one_reference(void **state)
{
	struct letters *l = *state;
	static const char *const wants[] = { "Testun eich cwyn: gollyngiad; oedi.", "cam 1 o 2",
		"erbyn dydd Gwener 4 Rhagfyr 2026", "ein cartrefi", "0300 111 3000",
		"In English:", "Your complaint is about a leak and a delay.",
		"by Friday 4 December 2026", NULL };
	size_t n = 0;

	while (letters_next(l)) {
		const char *text, *first;

		if (l->language != RD_WELSH || l->channel != RD_CHANNEL_EMAIL ||
			l->kind != RD_LETTER_ACKNOWLEDGEMENT)
			continue;
		text = flat(l, l->rendered.text);
		for (size_t i = 0; wants[i] != NULL; i++)
			if (strstr(text, wants[i]) == NULL)
				fail_msg("lacks \"%s\": %s", wants[i], text);
		first = strstr(text, "Our reference: ");
		assert_null(strstr(first + 1, "Our reference: "));
		assert_non_null(strstr(l->rendered.subject, "Eich cwyn"));
		assert_non_null(strstr(l->rendered.subject, "Your complaint"));
		assert_true(l->rendered.names_topic);
		n++;
	}
	assert_true(n >= 6);
}

static void a_welsh_text_says_what_is_promised(void **state)
{
	struct letters *l = *state;
	static const char *const wants[] = { "gollyngiad; oedi", "cam 1",
		"dydd Gwener 4 Rhagfyr 2026", "Rydym yn gyfrifol am", "0300 111 3000",
		"beth hoffech chi i ni ei wneud" };
	size_t n = 0;

	while (letters_next(l)) {
		if (l->language != RD_WELSH || l->channel != RD_CHANNEL_SMS ||
			l->kind != RD_LETTER_ACKNOWLEDGEMENT)
			continue;
		for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++)
			if (strstr(l->rendered.text, wants[i]) == NULL)
				fail_msg("lacks \"%s\": %s", wants[i], l->rendered.text);
		n++;
	}
	assert_true(n >= 6);
}

/* Where one is taken out, hidden behind a condition, or droppable, the letter does not load. */
static void a_letter_without_the_ombudsman_never_loads(void **state)
{
	struct letters *l = *state;
	static const char *const hidden[] = { "", "{{?outcome}}", "{{drop 1}}" };
	size_t n = 0;

	for (size_t i = 0; i < l->files.n_items; i++) {
		const struct rd_rulefile was = l->files.items[i];
		const char *at = strstr(was.bytes, "{{ombudsman_phone}}");

		if (strncmp(was.name, "letters/", 8) != 0 || strstr(was.name, ".letter") == NULL ||
			strstr(was.name, "compliment") != NULL ||
			strstr(was.name, ".welsh.") != NULL)
			continue;
		assert_non_null(at);
		while (at[-1] != '\n')
			at--;
		const size_t line = strcspn(at, "\n"), before = (size_t)(at - was.bytes);
		for (size_t k = 0; k < 3; k++) {
			struct rd_policy *policy = NULL;
			struct rd_err err = { 0 };
			char *text = rd_arena_printf(l->arena, "%.*s%s%.*s%s", (int)before,
				was.bytes, hidden[k], k == 0 ? 0 : (int)line, at, at + line);

			if (k == 2 && strstr(was.name, ".sms.") == NULL)
				continue;
			/* what hides the line must have no value, or the text be too long */
			if (k == 2)
				text = rd_arena_printf(l->arena, "%s\n%0900d", text, 0);
			((struct rd_rulefile *)l->files.items)[i].bytes = text;
			((struct rd_rulefile *)l->files.items)[i].len = strlen(text);
			const enum rd_rc rc = rd_policy_load(&l->files, "code-2024", &policy, &err);
			((struct rd_rulefile *)l->files.items)[i] = was;
			rd_policy_free(policy);
			if (rc == RD_OK)
				fail_msg("%s was taken (%zu)", was.name, k);
			n++;
		}
	}
	assert_true(n > 80);
}

/* Every topic of the shipped rules has its Welsh. */
static void every_topic_has_its_welsh(void **state)
{
	struct letters *l = *state;
	const struct rd_welsh_words *words = rd_letters_welsh(l->policies[0]->letters);

	for (size_t i = 0; i < l->files.n_items; i++) {
		const struct rd_rulefile *file = &l->files.items[i];
		const char *at = file->bytes;

		if (strstr(file->name, ".rules") == NULL)
			continue;
		while ((at = strstr(at, "\nTopic: ")) != NULL) {
			char topic[200];

			at += strlen("\nTopic: ");
			snprintf(topic, sizeof topic, "%.*s", (int)strcspn(at, "\r\n"), at);
			if (rd_welsh_topic(words, topic) == NULL)
				fail_msg("letters/welsh.words lacks \"%s\"", topic);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		letters_test(every_letter_renders_for_every_landlord_in_every_language),
		letters_test(an_answer_holds_all_that_the_policies_want),
		letters_test(a_text_about_an_answer_says_nothing_of_it),
		letters_test(a_restriction_says_its_terms_its_end_and_what_it_never_stops),
		letters_test(whoever_speaks_for_a_resident_is_asked_for_their_word),
		letters_test(a_members_office_has_its_own_letter),
		letters_test(a_welsh_mail_holds_both_languages_under_one_reference),
		letters_test(a_welsh_text_says_what_is_promised),
		letters_test(a_letter_without_the_ombudsman_never_loads),
		letters_test(every_topic_has_its_welsh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
