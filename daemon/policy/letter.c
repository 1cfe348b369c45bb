#include "redress/policy/letter.h"

#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>
#include "redress/base/buf.h"
#include "redress/base/limits.h"
#include "redress/message/sms.h"
#include "redress/policy/letter_file.h"
#include "redress/policy/letter_welsh.h"

#define COPY_WORDS "This is a copy for you, because you speak for the person to whom we sent it."

static const char *const kind_words[RD_N_KINDS] = {
	"a request for service",
	"a complaint",
	"a compliment",
	"a report of anti-social behaviour",
	"an answer to a survey",
	"a question",
	"a message",
};

static const char *const stage_words[RD_N_STAGES] = { "", "stage 1", "stage 2" };

struct values {
	const char *of[RD_N_PLACEHOLDERS];
};

static const char *day_text(struct rd_date day, struct rd_arena *arena)
{
	char text[RD_LONG_DATE_MAX];

	if (!rd_date_is_set(day))
		return "";
	return rd_arena_strdup(arena, rd_date_format_long(day, text));
}

/* "a, b and c"; with some left out "a, b and other matters". */
static const char *join_topics(
	const char *const *topics, size_t n, size_t n_named, struct rd_arena *arena)
{
	const char *all = "";

	for (size_t i = 0; i < n_named && all != NULL; i++) {
		bool last = i + 1 == n_named && n_named == n;
		const char *between = i == 0 ? "" : last ? " and " : ", ";
		all = rd_arena_printf(arena, "%s%s%s", all, between, topics[i]);
	}
	if (n_named < n && n_named > 0 && all != NULL)
		all = rd_arena_printf(arena, "%s and other matters", all);
	return all;
}

static const char *or_else(const char *value, const char *otherwise)
{
	return value != NULL && value[0] != '\0' ? value : otherwise;
}

static const char *yes_if(bool is)
{
	return is ? "yes" : "";
}

/* "About a delay: we find ...", one after the other. */
static const char *list_points(const struct rd_answer *answer, struct rd_arena *arena)
{
	const char *all = "";

	for (size_t i = 0; i < answer->n_points && all != NULL; i++)
		all = rd_arena_printf(arena, "%s%sAbout %s: %s", all, i > 0 ? "\n\n" : "",
			answer->points[i].point, answer->points[i].finding);
	return all;
}

static const char *list_actions(const struct rd_answer *answer, struct rd_arena *arena)
{
	char day[RD_LONG_DATE_MAX];
	const char *all = "";

	for (size_t i = 0; i < answer->n_actions && all != NULL; i++) {
		const struct rd_answer_action *action = &answer->actions[i];

		all = rd_arena_printf(arena, "%s%sBy %s: %s%s%s%s", all, i > 0 ? "\n" : "",
			rd_date_format_long(action->by, day), action->text,
			action->owner[0] != '\0' ? " (" : "", action->owner,
			action->owner[0] != '\0' ? ")" : "");
	}
	return all;
}

static void set_answer(
	const struct rd_answer *answer, struct rd_arena *arena, struct values *values)
{
	static const char *const decisions[RD_N_FOUND] = {
		[RD_FOUND_UNKNOWN] = "",
		[RD_FOUND_UPHELD] = "We agree with your complaint. We uphold it.",
		[RD_FOUND_PARTLY] = "We agree with part of your complaint. We uphold it in part.",
		[RD_FOUND_NOT] = "We do not agree with your complaint. We do not uphold it.",
	};
	const char **of = values->of;

	of[RD_VALUE_UNDERSTOOD] = answer->complaint;
	of[RD_VALUE_REASONS] = answer->reasons;
	of[RD_VALUE_DECISION] = decisions[answer->found];
	of[RD_VALUE_POINTS] = list_points(answer, arena);
	of[RD_VALUE_LAW] = answer->law;
	of[RD_VALUE_APOLOGY] = answer->apology;
	of[RD_VALUE_REMEDY] = answer->remedy;
	of[RD_VALUE_MONEY] = answer->money[0] == '\0'
				     ? ""
				     : rd_arena_printf(arena, "\u00a3%s. It is for this: %s",
					       answer->money, answer->money_for);
	of[RD_VALUE_RECORDS] = answer->records;
	of[RD_VALUE_ACTIONS] = list_actions(answer, arena);
	of[RD_VALUE_PREVENTION] = answer->prevention;
	of[RD_VALUE_RECONSIDERED] = answer->reconsidered;
}

/* Two letters about one case name one day. */
static struct rd_date logged_on(const struct rd_letter_values *given)
{
	return rd_date_is_set(given->logged_on) ? given->logged_on : given->written;
}

static void set_welsh(const struct rd_letter_values *given, size_t n_topics, struct rd_arena *arena,
	struct values *values)
{
	const struct rd_landlord *landlord = given->landlord;
	const char **of = values->of;

	of[RD_VALUE_STAGE] = rd_welsh_stage(given->stage);
	of[RD_VALUE_TOPICS] =
		rd_welsh_topics(given->welsh, given->topics, given->n_topics, n_topics, arena);
	of[RD_VALUE_DATE] = rd_welsh_day(given->written, arena);
	of[RD_VALUE_LOGGED_ON] = rd_welsh_day(logged_on(given), arena);
	of[RD_VALUE_RECEIVED_ON] = rd_welsh_day(given->received, arena);
	of[RD_VALUE_RESPOND_BY] = rd_welsh_day(given->respond_by, arena);
	of[RD_VALUE_READ_BY] = rd_welsh_day(given->read_by, arena);
	of[RD_VALUE_ACKNOWLEDGE_BY] = rd_welsh_day(given->acknowledge_by, arena);
	of[RD_VALUE_RESPONSIBLE] = landlord->welsh_responsible;
	of[RD_VALUE_NOT_RESPONSIBLE] = landlord->welsh_not_responsible;
	of[RD_VALUE_OMBUDSMAN] = or_else(landlord->ombudsman.welsh_name, landlord->ombudsman.name);
}

static void set_values(const struct rd_letter_values *given, size_t n_topics,
	enum rd_language language, struct rd_arena *arena, struct values *values)
{
	const struct rd_landlord *landlord = given->landlord;
	const char **of = values->of;

	memset(values, 0, sizeof *values);
	of[RD_VALUE_REFERENCE] = or_else(given->reference, "");
	of[RD_VALUE_LANDLORD] = landlord->full_name;
	of[RD_VALUE_KIND] = kind_words[given->kind];
	of[RD_VALUE_STAGE] = stage_words[given->stage];
	of[RD_VALUE_TOPICS] = join_topics(given->topics, given->n_topics, n_topics, arena);
	of[RD_VALUE_OTHER_MATTERS] = yes_if(n_topics < given->n_topics && n_topics > 0);
	of[RD_VALUE_OUTCOME] = or_else(given->outcome, "");
	of[RD_VALUE_UNDERSTOOD] = or_else(given->understood, "");
	of[RD_VALUE_REASONS] = or_else(given->reasons, "");
	of[RD_VALUE_TERMS] = or_else(given->terms, "");
	of[RD_VALUE_DATE] = day_text(given->written, arena);
	of[RD_VALUE_LOGGED_ON] = day_text(logged_on(given), arena);
	of[RD_VALUE_RECEIVED_ON] = day_text(given->received, arena);
	of[RD_VALUE_RESPOND_BY] = day_text(given->respond_by, arena);
	of[RD_VALUE_READ_BY] = day_text(given->read_by, arena);
	of[RD_VALUE_ACKNOWLEDGE_BY] = day_text(given->acknowledge_by, arena);
	of[RD_VALUE_REVIEW_ON] = day_text(given->review_on, arena);
	of[RD_VALUE_CLOSE_ON] = day_text(given->close_on, arena);
	of[RD_VALUE_ESCALATE_BY] = day_text(given->escalate_by, arena);
	of[RD_VALUE_HANDLER] = or_else(given->handler, landlord->handled_by);
	of[RD_VALUE_RESPONSIBLE] = or_else(given->responsible, landlord->responsible);
	of[RD_VALUE_NOT_RESPONSIBLE] = or_else(given->not_responsible, landlord->not_responsible);
	of[RD_VALUE_HELP] = landlord->help;
	of[RD_VALUE_HELP_NUMBER] = landlord->help_number;
	of[RD_VALUE_HELP_ADDRESS] = landlord->help_address;
	of[RD_VALUE_HELP_EMAIL] = landlord->help_email;
	of[RD_VALUE_OMBUDSMAN] = landlord->ombudsman.name;
	of[RD_VALUE_OMBUDSMAN_PHONE] = landlord->ombudsman.phone;
	of[RD_VALUE_OMBUDSMAN_POST] = landlord->ombudsman.post;
	of[RD_VALUE_OMBUDSMAN_WEB] = landlord->ombudsman.web;
	of[RD_VALUE_THIRD_PARTY] = yes_if(given->third_party);
	of[RD_VALUE_SPOKEN_FOR] = yes_if(given->spoken_for && landlord->third_party_refutes);
	of[RD_VALUE_COPIES] = yes_if(landlord->third_party_copies);
	if (given->answer != NULL)
		set_answer(given->answer, arena, values);
	if (language == RD_WELSH)
		set_welsh(given, n_topics, arena, values);
}

/* Text with its {{names}} replaced. The file was checked: every {{ has a known name and its }}. */
static enum rd_rc expand(const struct rd_letter *letter, int line, const char *text,
	const struct values *values, struct rd_buf *out, struct rd_err *err)
{
	for (;;) {
		const char *open = strstr(text, "{{");
		if (open == NULL)
			return rd_buf_add_str(out, text, err);
		RD_TRY(rd_buf_add(out, text, (size_t)(open - text), err));
		const char *close = strstr(open, "}}");
		RD_ASSERT(close != NULL);
		int name = rd_letter_placeholder(open + 2, (size_t)(close - open - 2));
		RD_ASSERT(name >= 0);
		const char *value = values->of[name];
		if (value == NULL || value[0] == '\0')
			return rd_fail(err, RD_E_INPUT,
				"%s:%d:1: {{%s}} has no value here; begin the line with {{?%s}}",
				letter->file, line, rd_placeholder_names[name],
				rd_placeholder_names[name]);
		RD_TRY(rd_buf_add_str(out, value, err));
		text = close + 2;
	}
}

static bool is_set(const struct values *values, int name)
{
	return values->of[name] != NULL && values->of[name][0] != '\0';
}

static bool line_stands(const struct rd_letter_line *line, const struct values *values)
{
	if (line->only_with >= 0 && !is_set(values, line->only_with))
		return false;
	return line->only_without < 0 || !is_set(values, line->only_without);
}

/* How many columns a word of UTF-8 takes: its characters. */
static size_t columns(const char *word, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (((unsigned char)word[i] & 0xc0) != 0x80)
			n++;
	return n;
}

/* Adds a paragraph, wrapped between words; a longer word (a web address) stands alone and whole. */
static enum rd_rc add_wrapped(const char *text, struct rd_buf *out, struct rd_err *err)
{
	size_t column = 0;

	while (*text != '\0') {
		size_t blanks = strspn(text, " ");
		size_t len = strcspn(text + blanks, " \n");
		size_t width = columns(text + blanks, len);
		if (column > 0 && column + blanks + width > RD_LETTER_COLUMNS) {
			RD_TRY(rd_buf_add_str(out, "\n", err));
			column = 0;
			blanks = 0;
			text += strspn(text, " ");
		}
		RD_TRY(rd_buf_add(out, text, blanks + len, err));
		column += blanks + width;
		text += blanks + len;
		if (*text == '\n') {
			RD_TRY(rd_buf_add_str(out, "\n", err));
			column = 0;
			text++;
		}
	}
	return rd_buf_add_str(out, "\n", err);
}

/* A mail as it is written: its text, and its pieces for the HTML form. */
struct page {
	struct rd_buf *out;
	struct rd_letter_part *parts;
	size_t n_parts, max_parts;
	struct rd_arena *arena;
	bool blank; /* the last line written was blank */
};

static enum rd_rc open_page(
	struct page *page, struct rd_buf *out, size_t n_lines, struct rd_arena *arena)
{
	page->out = out;
	page->arena = arena;
	page->blank = true;
	page->max_parts = n_lines + RD_N_EMERGENCIES + 4;
	page->parts = rd_arena_array(arena, page->max_parts, sizeof *page->parts);
	return RD_OK; /* the caller looks at rd_arena_overflowed at the end */
}

static void add_part(
	struct page *page, enum rd_part_kind kind, enum rd_language language, const char *text)
{
	if (page->parts == NULL)
		return;
	RD_ASSERT(page->n_parts < page->max_parts);
	page->parts[page->n_parts++] = (struct rd_letter_part){
		.kind = kind, .language = language, .text = rd_arena_strdup(page->arena, text)
	};
}

static bool is_heading(const char *text)
{
	const size_t len = strlen(text);

	return len > 0 && text[len - 1] == ':';
}

static enum rd_rc begin_page(struct page *page, const struct rd_letter_values *given,
	const char *const *blocks, size_t n_blocks, struct rd_err *err)
{
	RD_TRY(rd_buf_printf(page->out, err, "Our reference: %s\n\n", given->reference));
	add_part(page, RD_PART_MARK, RD_ENGLISH,
		rd_arena_printf(page->arena, "Our reference: %s", given->reference));
	if (given->copy) {
		RD_TRY(add_wrapped(COPY_WORDS, page->out, err));
		RD_TRY(rd_buf_add_str(page->out, "\n", err));
		add_part(page, RD_PART_PARAGRAPH, RD_ENGLISH, COPY_WORDS);
	}
	for (size_t i = 0; i < n_blocks; i++) {
		RD_TRY(add_wrapped(blocks[i], page->out, err));
		RD_TRY(rd_buf_add_str(page->out, "\n", err));
		add_part(page, RD_PART_EMERGENCY, RD_ENGLISH, blocks[i]);
	}
	return RD_OK;
}

static enum rd_rc add_body(struct page *page, const struct rd_letter *letter,
	const struct values *values, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf line = RD_BUF(RD_LETTER_TEXT_MAX);

	for (size_t i = 0; i < letter->n_lines; i++) {
		const struct rd_letter_line *l = &letter->lines[i];
		if (!line_stands(l, values) || (l->text[0] == '\0' && page->blank))
			continue;
		rd_buf_clear(&line);
		RD_TRY(expand(letter, l->number, l->text, values, &line, err));
		RD_TRY(add_wrapped(rd_buf_str(&line), page->out, err));
		page->blank = l->text[0] == '\0';
		if (!page->blank)
			add_part(page, is_heading(l->text) ? RD_PART_HEADING : RD_PART_PARAGRAPH,
				letter->language, rd_buf_str(&line));
	}
	return RD_OK;
}

static enum rd_rc end_page(
	struct page *page, const char *reference, struct rd_rendered *rendered, struct rd_err *err)
{
	RD_TRY(rd_buf_printf(
		page->out, err, "%sEnd of letter %s\n", page->blank ? "" : "\n", reference));
	add_part(page, RD_PART_MARK, RD_ENGLISH,
		rd_arena_printf(page->arena, "End of letter %s", reference));
	rendered->parts = page->parts;
	rendered->n_parts = page->n_parts;
	return RD_OK;
}

static enum rd_rc render_mail(const struct rd_letter *letter, const struct rd_letter_values *given,
	const struct values *values, const char *const *blocks, size_t n_blocks,
	struct rd_arena *arena, struct rd_buf *out, struct rd_rendered *rendered,
	struct rd_err *err)
{
	struct page page = { 0 };

	RD_TRY(open_page(&page, out, letter->n_lines, arena));
	RD_TRY(begin_page(&page, given, blocks, n_blocks, err));
	RD_TRY(add_body(&page, letter, values, err));
	return end_page(&page, values->of[RD_VALUE_REFERENCE], rendered, err);
}

/* Typographic characters that would make a whole text cost UCS-2, as GSM-7 writes them. */
static enum rd_rc add_plain(const char *text, struct rd_buf *out, struct rd_err *err)
{
	static const struct {
		const char *from, *to;
	} folds[] = {
		{ "\u2018", "'" },
		{ "\u2019", "'" },
		{ "\u201c", "\"" },
		{ "\u201d", "\"" },
		{ "\u2013", "-" },
		{ "\u2014", "-" },
		{ "\u2026", "..." },
		{ "\u00a0", " " },
	};

	for (;;) {
		const size_t plain = strcspn(text, "\xc2\xe2"); /* how each of them begins */
		size_t used = 0;

		RD_TRY(rd_buf_add(out, text, plain, err));
		text += plain;
		if (*text == '\0')
			return RD_OK;
		for (size_t i = 0; i < sizeof folds / sizeof folds[0] && used == 0; i++) {
			if (strncmp(text, folds[i].from, strlen(folds[i].from)) != 0)
				continue;
			RD_TRY(rd_buf_add_str(out, folds[i].to, err));
			used = strlen(folds[i].from);
		}
		if (used == 0) {
			RD_TRY(rd_buf_add(out, text, 1, err));
			used = 1;
		}
		text += used;
	}
}

static void free_bytes(uint8_t **bytes)
{
	free(*bytes);
}

/* Letters without their accents, and ? for what has no plain letter: the last way to keep a cap. */
static enum rd_rc add_bare(const char *text, struct rd_buf *out, struct rd_err *err)
{
	size_t len = 0;
	size_t text_len = strlen(text);
	RD_CLEANUP(free_bytes)
	uint8_t *apart = u8_normalize(UNINORM_NFD, (const uint8_t *)text, text_len, NULL, &len);

	RD_ASSERT(apart != NULL);
	for (size_t i = 0; i < len;) {
		ucs4_t character;
		int n = u8_mbtouc(&character, apart + i, len - i);
		char piece[8] = "";
		memcpy(piece, apart + i, (size_t)n);
		i += (size_t)n;
		if (uc_combining_class(character) != UC_CCC_NR)
			continue;
		RD_TRY(rd_buf_add_str(
			out, rd_sms_size(piece, strlen(piece)).gsm7 ? piece : "?", err));
	}
	return RD_OK;
}

static enum rd_rc render_text(const struct rd_letter *letter, const struct values *values,
	const char *const *blocks, size_t n_blocks, const bool *dropped, bool bare,
	struct rd_buf *out, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf plain = RD_BUF(RD_LETTER_TEXT_MAX);
	RD_CLEANUP(rd_buf_free) struct rd_buf whole = RD_BUF(RD_LETTER_TEXT_MAX);

	for (size_t i = 0; i < n_blocks; i++)
		RD_TRY(rd_buf_printf(&whole, err, "%s%s", whole.len > 0 ? "\n" : "", blocks[i]));
	for (size_t i = 0; i < letter->n_lines; i++) {
		const struct rd_letter_line *l = &letter->lines[i];
		if (dropped[i] || l->text[0] == '\0' || !line_stands(l, values))
			continue;
		if (whole.len > 0)
			RD_TRY(rd_buf_add_str(&whole, "\n", err));
		RD_TRY(expand(letter, l->number, l->text, values, &whole, err));
	}
	if (!bare)
		return add_plain(rd_buf_str(&whole), out, err);
	RD_TRY(add_plain(rd_buf_str(&whole), &plain, err));
	return add_bare(rd_buf_str(&plain), out, err);
}

/* The next line to leave out: the lowest `drop` number, of equal ones the last line. */
static bool drop_one(const struct rd_letter *letter, const struct values *values, bool *dropped)
{
	size_t best = letter->n_lines;

	for (size_t i = 0; i < letter->n_lines; i++) {
		const struct rd_letter_line *l = &letter->lines[i];
		if (l->drop == 0 || dropped[i] || !line_stands(l, values))
			continue;
		if (best == letter->n_lines || l->drop <= letter->lines[best].drop)
			best = i;
	}
	if (best == letter->n_lines)
		return false;
	dropped[best] = true;
	return true;
}

static enum rd_rc fit_text(const struct rd_letter *letter, const struct rd_letter_values *given,
	const char *const *blocks, size_t n_blocks, struct rd_arena *arena, struct rd_buf *out,
	struct rd_rendered *rendered, struct rd_err *err)
{
	bool dropped[RD_LETTER_LINES_MAX] = { false };
	int cap = letter->max_segments + (int)n_blocks;
	size_t named =
		given->n_topics < RD_LETTER_TOPICS_MAX ? given->n_topics : RD_LETTER_TOPICS_MAX;
	size_t left_out = 0;
	bool bare = false;

	if (cap > RD_LETTER_SEGMENTS_MAX)
		cap = RD_LETTER_SEGMENTS_MAX;
	for (;;) {
		struct values values;
		set_values(given, named - left_out, letter->language, arena, &values);
		rd_buf_clear(out);
		RD_TRY(render_text(letter, &values, blocks, n_blocks, dropped, bare, out, err));
		struct rd_sms_size size = rd_sms_size(rd_buf_str(out), out->len);
		rendered->segments = (int)size.parts;
		if (rendered->segments <= cap && size.units <= RD_SMS_REPLY_UNITS_MAX)
			break;
		if (!size.gsm7 && !bare) {
			bare = true;
			continue;
		}
		if (drop_one(letter, &values, dropped)) {
			rendered->dropped_lines++;
			continue;
		}
		if (left_out + 1 >= named)
			return rd_fail(err, RD_E_RANGE,
				"%s:1:1: the text takes %d parts and may take %d; shorten it, or "
				"begin "
				"a "
				"line that it can do without with {{drop 1}}",
				letter->file, rendered->segments, cap);
		left_out++;
	}
	rendered->dropped_topics = (int)(given->n_topics - (named - left_out));
	return RD_OK;
}

static size_t pick_blocks(const struct rd_letter *letter, const struct rd_letter_values *given,
	const char *blocks[static RD_N_EMERGENCIES])
{
	const bool wanted[RD_N_EMERGENCIES] = { given->emergency_health, given->emergency_heat };
	size_t n = 0;

	for (int i = 0; i < RD_N_EMERGENCIES; i++) {
		const struct rd_emergency *block = &given->landlord->emergency[i];
		if (wanted[i] && block->held)
			blocks[n++] =
				letter->channel == RD_CHANNEL_SMS ? block->short_text : block->text;
	}
	return n;
}

bool rd_letter_acknowledges(enum rd_letter_kind kind)
{
	return kind == RD_LETTER_ACKNOWLEDGEMENT || kind == RD_LETTER_THIRD_PARTY ||
	       kind == RD_LETTER_MP_COUNCILLOR;
}

enum rd_rc rd_letter_render(const struct rd_letter *letter, const struct rd_letter_values *given,
	struct rd_arena *arena, struct rd_rendered *ret_rendered, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(RD_LETTER_TEXT_MAX);
	RD_CLEANUP(rd_buf_free) struct rd_buf subject = RD_BUF(RD_SUBJECT_BYTES_MAX);
	struct rd_rendered rendered = { .subject = "", .version = letter->version };
	const char *blocks[RD_N_EMERGENCIES];
	struct values values;

	if (given->reference == NULL || given->reference[0] == '\0')
		return rd_fail(err, RD_E_BUG, "%s: a letter without a reference", letter->file);
	size_t n_blocks = pick_blocks(letter, given, blocks);
	size_t named =
		given->n_topics < RD_LETTER_TOPICS_MAX ? given->n_topics : RD_LETTER_TOPICS_MAX;
	set_values(given, named, letter->language, arena, &values);
	if (letter->channel == RD_CHANNEL_SMS) {
		RD_TRY(fit_text(letter, given, blocks, n_blocks, arena, &text, &rendered, err));
	} else {
		RD_TRY(expand(
			letter, letter->subject_line, letter->subject, &values, &subject, err));
		RD_TRY(render_mail(
			letter, given, &values, blocks, n_blocks, arena, &text, &rendered, err));
		rendered.dropped_topics = (int)(given->n_topics - named);
	}
	rendered.names_topic = rd_letter_acknowledges(letter->kind) && given->n_topics > 0;
	rendered.has_emergency = n_blocks > 0;
	rendered.text = rd_arena_strdup(arena, rd_buf_str(&text));
	rendered.subject = rd_arena_strdup(arena, rd_buf_str(&subject));
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "%s: no memory left for the letter", letter->file);
	*ret_rendered = rendered;
	return RD_OK;
}

enum rd_rc rd_letter_render_both(const struct rd_letter *welsh, const struct rd_letter *english,
	const struct rd_letter_values *given, struct rd_arena *arena,
	struct rd_rendered *ret_rendered, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(RD_LETTER_TEXT_MAX);
	RD_CLEANUP(rd_buf_free) struct rd_buf subject = RD_BUF(RD_SUBJECT_BYTES_MAX);
	const struct rd_letter *const letters[] = { welsh, english };
	const char *blocks[RD_N_EMERGENCIES];
	const size_t n_blocks = pick_blocks(english, given, blocks);
	const size_t named =
		given->n_topics < RD_LETTER_TOPICS_MAX ? given->n_topics : RD_LETTER_TOPICS_MAX;
	struct rd_rendered rendered = { .dropped_topics = (int)(given->n_topics - named),
		.names_topic = rd_letter_acknowledges(english->kind) && given->n_topics > 0,
		.has_emergency = n_blocks > 0 };
	struct page page = { 0 };

	RD_TRY(open_page(&page, &text, welsh->n_lines + english->n_lines, arena));
	RD_TRY(begin_page(&page, given, blocks, n_blocks, err));
	for (size_t i = 0; i < 2; i++) {
		struct values values;

		set_values(given, named, letters[i]->language, arena, &values);
		if (i > 0) {
			RD_TRY(rd_buf_printf(
				&text, err, "%sIn English:\n\n", page.blank ? "" : "\n"));
			add_part(&page, RD_PART_HEADING, RD_ENGLISH, "In English:");
			page.blank = true;
			RD_TRY(rd_buf_add_str(&subject, " / ", err));
		}
		RD_TRY(expand(letters[i], letters[i]->subject_line, letters[i]->subject, &values,
			&subject, err));
		RD_TRY(add_body(&page, letters[i], &values, err));
	}
	RD_TRY(end_page(&page, given->reference, &rendered, err));
	rendered.version = rd_arena_printf(arena, "%s, %s", welsh->version, english->version);
	rendered.text = rd_arena_strdup(arena, rd_buf_str(&text));
	rendered.subject = rd_arena_strdup(arena, rd_buf_str(&subject));
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "%s: no memory left for the letter", welsh->file);
	*ret_rendered = rendered;
	return RD_OK;
}
