/* Every letter with the longest and the shortest values that it may get. */
#include "redress/policy/letter_file.h"

#include <string.h>

/* The longest topic that a text must have room for. */
#define LONG_TOPIC	"about sixty characters of a topic, as long as one may well be"
#define LONG_REFERENCE	"RD9999999-W8W8"
#define CHECK_BYTES_MAX (4u << 20)

/* For what is under review, and for a complaint whose topics are not known yet. */
static bool has_two_forms(const struct rd_letter *letter)
{
	return letter->kind == RD_LETTER_RECEIVED || letter->kind == RD_LETTER_MP_COUNCILLOR;
}

static bool gives_reasons(enum rd_letter_kind kind)
{
	return kind == RD_LETTER_EXTENSION || kind == RD_LETTER_REFUSAL ||
	       kind == RD_LETTER_EXCLUSION || kind == RD_LETTER_RESTRICTION;
}

static bool is_answer(enum rd_letter_kind kind)
{
	return kind == RD_LETTER_STAGE1_RESPONSE || kind == RD_LETTER_STAGE2_RESPONSE;
}

/* An answer in which every part that may say `none` does. */
static const struct rd_answer_point shortest_point = { LONG_TOPIC, LONG_TOPIC, 0 };
static const struct rd_answer shortest_answer = { .found = RD_FOUND_NOT,
	.complaint = LONG_TOPIC,
	.reasons = LONG_TOPIC,
	.law = LONG_TOPIC,
	.apology = "",
	.remedy = "",
	.money = "",
	.money_for = "",
	.records = "",
	.prevention = "",
	.reconsidered = LONG_TOPIC,
	.points = &shortest_point,
	.n_points = 1 };
static const struct rd_answer_action longest_action = { LONG_TOPIC, LONG_TOPIC, { 2026, 9, 30 },
	0 };
static const struct rd_answer longest_answer = { .found = RD_FOUND_PARTLY,
	.complaint = LONG_TOPIC,
	.reasons = LONG_TOPIC,
	.law = LONG_TOPIC,
	.apology = LONG_TOPIC,
	.remedy = LONG_TOPIC,
	.money = "99999.00",
	.money_for = LONG_TOPIC,
	.records = LONG_TOPIC,
	.prevention = LONG_TOPIC,
	.reconsidered = LONG_TOPIC,
	.points = &shortest_point,
	.n_points = 1,
	.actions = &longest_action,
	.n_actions = 1 };

/* The stage of a complaint that gets such a letter. */
static enum rd_stage usual_stage(enum rd_letter_kind kind)
{
	return kind == RD_LETTER_STAGE2_ACKNOWLEDGEMENT || kind == RD_LETTER_STAGE2_RESPONSE ||
			       kind == RD_LETTER_STAGE2_ASKED
		       ? RD_STAGE_2
		       : RD_STAGE_1;
}

/* The same words, wherever the lines break. */
static bool prints(const char *text, const char *words)
{
	for (const char *at = text; (at = strchr(at, words[0])) != NULL; at++) {
		const char *in = at, *want = words;

		while (*want != '\0' && (*in == *want || (*in == '\n' && *want == ' '))) {
			in++;
			want++;
		}
		if (*want == '\0')
			return true;
	}
	return false;
}

/* A line that stands only sometimes, or is left out of a text, is no place for the Ombudsman. */
static enum rd_rc render_and_check(const struct rd_letter *letter,
	const struct rd_letter_values *values, struct rd_arena *arena, struct rd_err *err)
{
	const struct rd_ombudsman *ombudsman = &values->landlord->ombudsman;
	struct rd_rendered rendered;

	RD_TRY(rd_letter_render(letter, values, arena, &rendered, err));
	if (letter->kind == RD_LETTER_COMPLIMENT ||
		(prints(rendered.text, ombudsman->phone) && prints(rendered.text, ombudsman->web)))
		return RD_OK;
	return rd_fail(err, RD_E_INPUT,
		"%s:1:1: the letter does not always print the Ombudsman's telephone number and web "
		"address; let them stand in lines without {{?...}}, {{!...}} or {{drop N}}",
		letter->file);
}

/* Longest sensible values: a topic of 60 characters, the longest date, both emergency blocks. */
static enum rd_rc check_one(const struct rd_letter *letter, const struct rd_landlord *landlord,
	struct rd_arena *arena, struct rd_err *err)
{
	static const char *const topics[] = { LONG_TOPIC, LONG_TOPIC };
	const struct rd_date longest = { 2026, 9, 30 }; /* Wednesday 30 September 2026 */
	struct rd_letter_values values = { .reference = LONG_REFERENCE,
		.landlord = landlord,
		.kind = RD_COMPLAINT,
		.topics = topics,
		.n_topics = 2,
		.understood = LONG_TOPIC,
		.reasons = LONG_TOPIC,
		.terms = LONG_TOPIC,
		.written = longest,
		.received = longest,
		.respond_by = longest,
		.read_by = longest,
		.acknowledge_by = longest,
		.review_on = longest,
		.close_on = longest,
		.escalate_by = longest,
		.third_party = true,
		.spoken_for = true,
		.answer = is_answer(letter->kind) ? &longest_answer : NULL };

	for (int i = 0; i < 8; i++) {
		values.stage = (i & 4) != 0 && has_two_forms(letter) ? RD_STAGE_NONE
								     : usual_stage(letter->kind);
		values.emergency_health = (i & 1) != 0;
		values.emergency_heat = (i & 1) != 0;
		values.outcome = (i & 2) != 0 ? LONG_TOPIC : NULL;
		RD_TRY(render_and_check(letter, &values, arena, err));
	}
	/* What is least known for its kind: no line that always stands may name what is missing. */
	bool answers = rd_letter_acknowledges(letter->kind);
	bool dated = answers || letter->kind == RD_LETTER_EXTENSION ||
		     letter->kind == RD_LETTER_STAGE2_ACKNOWLEDGEMENT;
	bool defined = letter->kind == RD_LETTER_DEFINITION || letter->kind == RD_LETTER_AGREE;
	bool read = letter->kind == RD_LETTER_RECEIVED || letter->kind == RD_LETTER_CHOICE;
	values = (struct rd_letter_values){ .reference = LONG_REFERENCE,
		.landlord = landlord,
		.kind = RD_COMPLAINT,
		.stage = usual_stage(letter->kind),
		.topics = topics,
		.n_topics = answers ? 1 : 0,
		.respond_by = dated ? longest : (struct rd_date){ 0 },
		.read_by = read ? longest : (struct rd_date){ 0 },
		.acknowledge_by = read ? longest : (struct rd_date){ 0 },
		.understood = defined ? LONG_TOPIC : NULL,
		.reasons = gives_reasons(letter->kind) ? LONG_TOPIC : NULL,
		.terms = letter->kind == RD_LETTER_RESTRICTION ? LONG_TOPIC : NULL,
		.review_on =
			letter->kind == RD_LETTER_RESTRICTION ? longest : (struct rd_date){ 0 },
		.close_on =
			letter->kind == RD_LETTER_CLOSING_CHECK ? longest : (struct rd_date){ 0 },
		.answer = is_answer(letter->kind) ? &shortest_answer : NULL,
		.written = longest,
		.received = longest };
	RD_TRY(render_and_check(letter, &values, arena, err));
	if (has_two_forms(letter))
		values.stage = RD_STAGE_NONE;
	return render_and_check(letter, &values, arena, err);
}

enum rd_rc rd_letters_check(
	const struct rd_letters *letters, const struct rd_landlord *landlord, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(CHECK_BYTES_MAX);
	static const enum rd_channel channels[] = { RD_CHANNEL_EMAIL, RD_CHANNEL_SMS };

	for (int kind = 1; kind < RD_N_LETTERS; kind++) {
		for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
			for (int language = 0; language < RD_N_LANGUAGES; language++) {
				const struct rd_letter *letter =
					rd_letters_find_in(letters, (enum rd_letter_kind)kind,
						channels[i], (enum rd_language)language);
				if (letter == NULL ||
					(language == RD_WELSH && !landlord->welsh_letters))
					continue;
				rd_arena_reset(arena);
				RD_TRY(check_one(letter, landlord, arena, err));
			}
		}
	}
	return RD_OK;
}
