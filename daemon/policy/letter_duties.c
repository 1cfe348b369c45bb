/* What each letter must say, and may not. */
#include "redress/policy/letter_file.h"

#include <stdio.h>
#include <string.h>

#define WRITERS_MAX 8 /* letters that may say what a person wrote */

/* What a letter must say, and who wants it. */
struct duty {
	enum rd_letter_kind kind;
	int channel; /* -1: both */
	enum rd_placeholder value;
	const char *why;
};

static const struct duty duties[] = {
	{ RD_LETTER_ACKNOWLEDGEMENT, -1, RD_VALUE_TOPICS, "Code 5.6: what was understood" },
	{ RD_LETTER_ACKNOWLEDGEMENT, -1, RD_VALUE_STAGE, "Code 6.9: the stage" },
	{ RD_LETTER_ACKNOWLEDGEMENT, -1, RD_VALUE_RESPOND_BY, "Code 6.3: by when an answer comes" },
	{ RD_LETTER_ACKNOWLEDGEMENT, -1, RD_VALUE_RESPONSIBLE,
		"Code 5.7: what the landlord is responsible for" },
	{ RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, RD_VALUE_OUTCOME,
		"Code 5.6: the outcome wanted, or the question for it" },
	{ RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, RD_VALUE_NOT_RESPONSIBLE,
		"Code 5.7: what it is not responsible for" },
	{ RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, RD_VALUE_HANDLER, "who handles it" },
	{ RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, RD_VALUE_HELP, "Code 3: help to take part" },
	{ RD_LETTER_RECEIVED, -1, RD_VALUE_READ_BY, "by when a person reads it" },
	{ RD_LETTER_CHOICE, -1, RD_VALUE_READ_BY, "by when a person reads it" },
	{ RD_LETTER_DEFINITION, RD_CHANNEL_EMAIL, RD_VALUE_UNDERSTOOD,
		"Code 5.6: the complaint definition" },
	{ RD_LETTER_DEFINITION, RD_CHANNEL_EMAIL, RD_VALUE_OUTCOME,
		"Code 5.6: the outcome wanted" },
	{ RD_LETTER_DEFINITION, RD_CHANNEL_EMAIL, RD_VALUE_RESPONSIBLE,
		"Code 5.7: what the landlord is responsible for" },
	{ RD_LETTER_DEFINITION, RD_CHANNEL_SMS, RD_VALUE_DATE, "a later text says its date" },
	{ RD_LETTER_LATER, -1, RD_VALUE_DATE, "a later text says its date" },
	{ RD_LETTER_EXTENSION, -1, RD_VALUE_RESPOND_BY, "Code 6.4: the new date" },
	{ RD_LETTER_EXTENSION, RD_CHANNEL_EMAIL, RD_VALUE_REASONS, "Code 6.4: the reasons" },
	{ RD_LETTER_STAGE2_ACKNOWLEDGEMENT, -1, RD_VALUE_RESPOND_BY,
		"Code 6.14: by when an answer comes" },
	{ RD_LETTER_STAGE2_ACKNOWLEDGEMENT, RD_CHANNEL_EMAIL, RD_VALUE_STAGE, "the stage" },
	{ RD_LETTER_STAGE2_ASKED, -1, RD_VALUE_ACKNOWLEDGE_BY,
		"Code 6.11: by when it is acknowledged" },
	{ RD_LETTER_STAGE2_ASKED, RD_CHANNEL_EMAIL, RD_VALUE_STAGE, "the stage" },
	{ RD_LETTER_REFUSAL, RD_CHANNEL_EMAIL, RD_VALUE_REASONS, "Code 2.4: the reasons" },
	{ RD_LETTER_EXCLUSION, RD_CHANNEL_EMAIL, RD_VALUE_REASONS, "Code 2.4: the reasons" },
	{ RD_LETTER_AGREE, RD_CHANNEL_EMAIL, RD_VALUE_UNDERSTOOD,
		"Code 5.6: the complaint definition" },
	{ RD_LETTER_CLOSING_CHECK, -1, RD_VALUE_CLOSE_ON, "when it would be closed" },
	{ RD_LETTER_RESTRICTION, RD_CHANNEL_EMAIL, RD_VALUE_TERMS, "the terms" },
	{ RD_LETTER_RESTRICTION, RD_CHANNEL_EMAIL, RD_VALUE_REASONS, "the reasons" },
	{ RD_LETTER_RESTRICTION, RD_CHANNEL_EMAIL, RD_VALUE_REVIEW_ON,
		"when it is looked at again" },
	{ RD_LETTER_STAGE1_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_STAGE, "Code 6.9: the stage" },
	{ RD_LETTER_STAGE1_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_UNDERSTOOD,
		"Code 6.9: the complaint definition" },
	{ RD_LETTER_STAGE1_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_DECISION,
		"Code 6.9: the decision" },
	{ RD_LETTER_STAGE1_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_POINTS,
		"Code 6.9: an answer to every point" },
	{ RD_LETTER_STAGE1_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_REASONS, "Code 6.9: the reasons" },
	{ RD_LETTER_STAGE1_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_LAW,
		"Code 6.9: the policy, law and good practice" },
	{ RD_LETTER_STAGE1_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_REMEDY, "Code 6.9: the remedy" },
	{ RD_LETTER_STAGE1_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_ACTIONS,
		"Code 6.9: what is still to be done" },
	{ RD_LETTER_STAGE1_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_APOLOGY, "Code 7: an apology" },
	{ RD_LETTER_STAGE1_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_MONEY, "Code 7: money offered" },
	{ RD_LETTER_STAGE1_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_RECORDS,
		"Code 7: records put right" },
	{ RD_LETTER_STAGE1_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_PREVENTION,
		"Code 7: what keeps it from happening again" },
	{ RD_LETTER_STAGE2_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_STAGE, "Code 6.20: the stage" },
	{ RD_LETTER_STAGE2_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_UNDERSTOOD,
		"Code 6.20: the complaint definition" },
	{ RD_LETTER_STAGE2_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_DECISION,
		"Code 6.20: the decision" },
	{ RD_LETTER_STAGE2_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_POINTS,
		"Code 6.20: an answer to every point" },
	{ RD_LETTER_STAGE2_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_REASONS, "Code 6.20: the reasons" },
	{ RD_LETTER_STAGE2_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_LAW,
		"Code 6.20: the policy, law and good practice" },
	{ RD_LETTER_STAGE2_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_REMEDY, "Code 6.20: the remedy" },
	{ RD_LETTER_STAGE2_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_ACTIONS,
		"Code 6.20: what is still to be done" },
	{ RD_LETTER_STAGE2_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_APOLOGY, "Code 7: an apology" },
	{ RD_LETTER_STAGE2_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_MONEY, "Code 7: money offered" },
	{ RD_LETTER_STAGE2_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_RECORDS,
		"Code 7: records put right" },
	{ RD_LETTER_STAGE2_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_PREVENTION,
		"Code 7: what keeps it from happening again" },
	{ RD_LETTER_STAGE2_RESPONSE, RD_CHANNEL_EMAIL, RD_VALUE_RECONSIDERED,
		"what was decided anew" },
	{ RD_LETTER_THIRD_PARTY, -1, RD_VALUE_TOPICS, "Code 5.6: what was understood" },
	{ RD_LETTER_THIRD_PARTY, -1, RD_VALUE_STAGE, "Code 6.9: the stage" },
	{ RD_LETTER_THIRD_PARTY, -1, RD_VALUE_RESPOND_BY, "Code 6.3: by when an answer comes" },
	{ RD_LETTER_THIRD_PARTY, -1, RD_VALUE_RESPONSIBLE,
		"Code 5.7: what the landlord is responsible for" },
	{ RD_LETTER_THIRD_PARTY, RD_CHANNEL_EMAIL, RD_VALUE_OUTCOME,
		"Code 5.6: the outcome wanted, or the question for it" },
	{ RD_LETTER_THIRD_PARTY, RD_CHANNEL_EMAIL, RD_VALUE_NOT_RESPONSIBLE,
		"Code 5.7: what it is not responsible for" },
	{ RD_LETTER_THIRD_PARTY, RD_CHANNEL_EMAIL, RD_VALUE_SPOKEN_FOR,
		"how the resident may refute it" },
	{ RD_LETTER_MP_COUNCILLOR, RD_CHANNEL_EMAIL, RD_VALUE_TOPICS,
		"Code 5.6: what was understood" },
	{ RD_LETTER_MP_COUNCILLOR, RD_CHANNEL_EMAIL, RD_VALUE_RESPOND_BY,
		"Code 6.3: by when an answer comes" },
	{ RD_LETTER_MP_COUNCILLOR, RD_CHANNEL_EMAIL, RD_VALUE_RESPONSIBLE,
		"Code 5.7: what the landlord is responsible for" },
	{ RD_LETTER_MP_COUNCILLOR, RD_CHANNEL_EMAIL, RD_VALUE_NOT_RESPONSIBLE,
		"Code 5.7: what it is not responsible for" },
};

/* A later text says nothing of the matter, for another may read the telephone; and only the letter
 * `definition` carries words about the case that a person wrote. */
static const struct duty bans[] = {
	{ RD_LETTER_LATER, -1, RD_VALUE_TOPICS, "nothing of the matter" },
	{ RD_LETTER_LATER, -1, RD_VALUE_KIND, "nothing of the matter" },
	{ RD_LETTER_LATER, -1, RD_VALUE_STAGE, "nothing of the matter" },
	{ RD_LETTER_LATER, -1, RD_VALUE_OUTCOME, "nothing of the matter" },
	{ RD_LETTER_LATER, -1, RD_VALUE_RESPONSIBLE, "nothing of the matter" },
	{ RD_LETTER_LATER, -1, RD_VALUE_NOT_RESPONSIBLE, "nothing of the matter" },
	{ RD_LETTER_LATER, -1, RD_VALUE_HANDLER, "nothing of the matter" },
	{ RD_LETTER_ACKNOWLEDGEMENT, RD_CHANNEL_SMS, RD_VALUE_UNDERSTOOD,
		"a text has room for topics alone" },
	{ RD_LETTER_DEFINITION, RD_CHANNEL_SMS, RD_VALUE_TOPICS, "nothing of the matter" },
	{ RD_LETTER_DEFINITION, RD_CHANNEL_SMS, RD_VALUE_KIND, "nothing of the matter" },
	{ RD_LETTER_DEFINITION, RD_CHANNEL_SMS, RD_VALUE_STAGE, "nothing of the matter" },
	{ RD_LETTER_DEFINITION, RD_CHANNEL_SMS, RD_VALUE_OUTCOME, "nothing of the matter" },
	{ RD_LETTER_DEFINITION, RD_CHANNEL_SMS, RD_VALUE_UNDERSTOOD, "nothing of the matter" },
	{ RD_LETTER_DEFINITION, RD_CHANNEL_SMS, RD_VALUE_RESPONSIBLE, "nothing of the matter" },
	{ RD_LETTER_DEFINITION, RD_CHANNEL_SMS, RD_VALUE_NOT_RESPONSIBLE, "nothing of the matter" },
	{ RD_LETTER_DEFINITION, RD_CHANNEL_SMS, RD_VALUE_HANDLER, "nothing of the matter" },
	{ RD_LETTER_ADDED, -1, RD_VALUE_TOPICS, "a joined message is not described" },
};

/* What the texts of a case's later life say nothing of, whoever reads the telephone. */
static const enum rd_placeholder the_matter[] = { RD_VALUE_KIND, RD_VALUE_STAGE, RD_VALUE_TOPICS,
	RD_VALUE_OUTCOME, RD_VALUE_UNDERSTOOD, RD_VALUE_REASONS, RD_VALUE_HANDLER,
	RD_VALUE_RESPONSIBLE, RD_VALUE_NOT_RESPONSIBLE, RD_VALUE_TERMS, RD_VALUE_DECISION,
	RD_VALUE_POINTS, RD_VALUE_LAW, RD_VALUE_APOLOGY, RD_VALUE_REMEDY, RD_VALUE_MONEY,
	RD_VALUE_RECORDS, RD_VALUE_ACTIONS, RD_VALUE_PREVENTION, RD_VALUE_RECONSIDERED };

/* What a person wrote for one letter, and which letters may say it. */
static const struct {
	enum rd_placeholder value;
	enum rd_letter_kind kinds[WRITERS_MAX]; /* NONE-ended */
} words_of_people[] = {
	{ RD_VALUE_UNDERSTOOD, { RD_LETTER_ACKNOWLEDGEMENT, RD_LETTER_DEFINITION, RD_LETTER_AGREE,
				       RD_LETTER_STAGE2_ACKNOWLEDGEMENT, RD_LETTER_STAGE1_RESPONSE,
				       RD_LETTER_STAGE2_RESPONSE } },
	{ RD_VALUE_REASONS, { RD_LETTER_EXTENSION, RD_LETTER_REFUSAL, RD_LETTER_EXCLUSION,
				    RD_LETTER_RESTRICTION, RD_LETTER_STAGE1_RESPONSE } },
	{ RD_VALUE_TERMS, { RD_LETTER_RESTRICTION } },
	{ RD_VALUE_DECISION, { RD_LETTER_STAGE1_RESPONSE, RD_LETTER_STAGE2_RESPONSE } },
	{ RD_VALUE_POINTS, { RD_LETTER_STAGE1_RESPONSE, RD_LETTER_STAGE2_RESPONSE } },
	{ RD_VALUE_LAW, { RD_LETTER_STAGE1_RESPONSE, RD_LETTER_STAGE2_RESPONSE } },
	{ RD_VALUE_APOLOGY, { RD_LETTER_STAGE1_RESPONSE, RD_LETTER_STAGE2_RESPONSE } },
	{ RD_VALUE_REMEDY, { RD_LETTER_STAGE1_RESPONSE, RD_LETTER_STAGE2_RESPONSE } },
	{ RD_VALUE_MONEY, { RD_LETTER_STAGE1_RESPONSE, RD_LETTER_STAGE2_RESPONSE } },
	{ RD_VALUE_RECORDS, { RD_LETTER_STAGE1_RESPONSE, RD_LETTER_STAGE2_RESPONSE } },
	{ RD_VALUE_ACTIONS, { RD_LETTER_STAGE1_RESPONSE, RD_LETTER_STAGE2_RESPONSE } },
	{ RD_VALUE_PREVENTION, { RD_LETTER_STAGE1_RESPONSE, RD_LETTER_STAGE2_RESPONSE } },
	{ RD_VALUE_RECONSIDERED, { RD_LETTER_STAGE2_RESPONSE } },
};

/* What has no English words in it, or has Welsh ones where the letter is Welsh. */
static const enum rd_placeholder in_welsh[] = { RD_VALUE_REFERENCE, RD_VALUE_LANDLORD,
	RD_VALUE_STAGE, RD_VALUE_TOPICS, RD_VALUE_DATE, RD_VALUE_LOGGED_ON, RD_VALUE_RECEIVED_ON,
	RD_VALUE_RESPOND_BY, RD_VALUE_READ_BY, RD_VALUE_ACKNOWLEDGE_BY, RD_VALUE_RESPONSIBLE,
	RD_VALUE_NOT_RESPONSIBLE, RD_VALUE_HELP_NUMBER, RD_VALUE_HELP_ADDRESS, RD_VALUE_HELP_EMAIL,
	RD_VALUE_OMBUDSMAN, RD_VALUE_OMBUDSMAN_PHONE, RD_VALUE_OMBUDSMAN_POST,
	RD_VALUE_OMBUDSMAN_WEB, RD_VALUE_OTHER_MATTERS };

static bool says_complaint_word(const struct rd_letter *letter)
{
	for (size_t i = 0; i < letter->n_lines; i++)
		if (strstr(letter->lines[i].text, "COMPLAINT") != NULL)
			return true;
	return false;
}

/* Of a complaint's later life: by text nothing of the matter, and a set may lack it. */
static bool is_later_life(enum rd_letter_kind kind)
{
	return kind >= RD_LETTER_EXTENSION && kind < RD_LETTER_THIRD_PARTY;
}

static const char *names_of(
	const enum rd_letter_kind kinds[static WRITERS_MAX], char out[static 200])
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < WRITERS_MAX && kinds[i] != RD_LETTER_NONE; i++)
		len += (size_t)snprintf(out + len, 200 - len, "%s`%s`", i > 0 ? ", " : "",
			rd_letter_names[kinds[i]]);
	return out;
}

/* Words about the case that a person wrote. */
static enum rd_rc check_words_of_people(const bool used[static RD_N_PLACEHOLDERS],
	const struct rd_letter *letter, struct rd_err *err)
{
	const enum rd_letter_kind kind = letter->kind;
	char names[200];

	if (is_later_life(kind) && letter->channel == RD_CHANNEL_SMS)
		for (size_t i = 0; i < sizeof the_matter / sizeof the_matter[0]; i++)
			if (used[the_matter[i]])
				return rd_fail(err, RD_E_INPUT,
					"%s:1:1: the letter may not say {{%s}} (nothing of the "
					"matter)",
					letter->file, rd_placeholder_names[the_matter[i]]);
	for (size_t i = 0; i < sizeof words_of_people / sizeof words_of_people[0]; i++) {
		bool may = !used[words_of_people[i].value];

		for (size_t k = 0; k < WRITERS_MAX && words_of_people[i].kinds[k] != RD_LETTER_NONE;
			k++)
			may = may || words_of_people[i].kinds[k] == kind;
		/* The answer of stage 2 gives the same as that of stage 1. */
		may = may || (words_of_people[i].value == RD_VALUE_REASONS &&
				     kind == RD_LETTER_STAGE2_RESPONSE);
		if (!may)
			return rd_fail(err, RD_E_INPUT,
				"%s:1:1: {{%s}} stands in these letters alone: %s", letter->file,
				rd_placeholder_names[words_of_people[i].value],
				names_of(words_of_people[i].kinds, names));
	}
	return RD_OK;
}

static bool says_in_welsh(enum rd_placeholder value)
{
	for (size_t i = 0; i < sizeof in_welsh / sizeof in_welsh[0]; i++)
		if (in_welsh[i] == value)
			return true;
	return false;
}

/* English words in the middle of a Welsh letter help nobody. */
static enum rd_rc check_welsh(const bool used[static RD_N_PLACEHOLDERS],
	const struct rd_letter *letter, struct rd_err *err)
{
	if (letter->language != RD_WELSH)
		return RD_OK;
	for (int value = 0; value < RD_N_PLACEHOLDERS; value++)
		if (used[value] && !says_in_welsh((enum rd_placeholder)value))
			return rd_fail(err, RD_E_INPUT,
				"%s:1:1: a letter in Welsh may not say {{%s}}, which is in "
				"English; say it in the English letter, which goes with it",
				letter->file, rd_placeholder_names[value]);
	return RD_OK;
}

/* A restriction never stands in the way of an emergency repair, and says so. */
static enum rd_rc check_restriction(const struct rd_letter *letter, struct rd_err *err)
{
	if (letter->kind != RD_LETTER_RESTRICTION || letter->channel != RD_CHANNEL_EMAIL)
		return RD_OK;
	for (size_t i = 0; i < letter->n_lines; i++)
		if (strstr(letter->lines[i].text, "emergency repair") != NULL)
			return RD_OK;
	return rd_fail(err, RD_E_INPUT,
		"%s:1:1: the letter must say that an emergency repair is never held back (the "
		"words `emergency repair`)",
		letter->file);
}

/* The Ombudsman may be asked at any time: every letter but a thank-you for a compliment says how.
 */
enum rd_rc rd_letter_check_duties(const bool used[static RD_N_PLACEHOLDERS],
	const struct rd_letter *letter, struct rd_err *err)
{
	for (size_t i = 0; i < sizeof duties / sizeof duties[0]; i++) {
		const struct duty *d = &duties[i];
		/* What a letter in Welsh cannot say stands in the English one beside it. */
		if (letter->language == RD_WELSH && !says_in_welsh(d->value))
			continue;
		if (d->kind == letter->kind &&
			(d->channel < 0 || d->channel == (int)letter->channel) && !used[d->value])
			return rd_fail(err, RD_E_INPUT, "%s:1:1: the letter must say {{%s}} (%s)",
				letter->file, rd_placeholder_names[d->value], d->why);
	}
	for (size_t i = 0; i < sizeof bans / sizeof bans[0]; i++)
		if (bans[i].kind == letter->kind &&
			(bans[i].channel < 0 || bans[i].channel == (int)letter->channel) &&
			used[bans[i].value])
			return rd_fail(err, RD_E_INPUT,
				"%s:1:1: the letter may not say {{%s}} (%s)", letter->file,
				rd_placeholder_names[bans[i].value], bans[i].why);
	RD_TRY(check_words_of_people(used, letter, err));
	RD_TRY(check_welsh(used, letter, err));
	RD_TRY(check_restriction(letter, err));
	if (letter->kind != RD_LETTER_COMPLIMENT &&
		(!used[RD_VALUE_OMBUDSMAN_PHONE] || !used[RD_VALUE_OMBUDSMAN_WEB]))
		return rd_fail(err, RD_E_INPUT,
			"%s:1:1: the letter must say {{ombudsman_phone}} and {{ombudsman_web}} "
			"(Code 3)",
			letter->file);
	if (letter->channel == RD_CHANNEL_SMS &&
		(!used[RD_VALUE_REFERENCE] ||
			(!used[RD_VALUE_HELP_NUMBER] && letter->kind != RD_LETTER_LATER)))
		return rd_fail(err, RD_E_INPUT,
			"%s:1:1: a text must say {{reference}} and {{help_number}}", letter->file);
	if ((letter->kind == RD_LETTER_SERVICE_REQUEST || letter->kind == RD_LETTER_RECEIVED ||
		    letter->kind == RD_LETTER_CHOICE) &&
		!says_complaint_word(letter))
		return rd_fail(err, RD_E_INPUT,
			"%s:1:1: the letter must offer the choice: reply COMPLAINT (Code 1.3)",
			letter->file);
	return RD_OK;
}
