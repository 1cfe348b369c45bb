#include "redress/policy/letter_welsh.h"

#include <string.h>
#include "redress/base/stanza.h"

struct welsh_word {
	const char *english, *welsh;
};

struct rd_welsh_words {
	const struct welsh_word *items;
	size_t n;
};

static const char *const fields[] = { "English", "Welsh", NULL };

static enum rd_rc read_word(
	const struct rd_stanza *stanza, struct welsh_word *word, struct rd_err *err)
{
	RD_TRY(rd_stanza_check_fields(stanza, fields, NULL, err));
	word->english = rd_stanza_value(stanza, "English", "");
	word->welsh = rd_stanza_value(stanza, "Welsh", "");
	if (word->english[0] != '\0' && word->welsh[0] != '\0')
		return RD_OK;
	return rd_stanza_fail(stanza, &stanza->fields[0], err,
		"a stanza says a topic with `English:` and the same with `Welsh:`");
}

enum rd_rc rd_welsh_words_parse(const char *file, const char *text, size_t len,
	struct rd_arena *arena, const struct rd_welsh_words **ret_words, struct rd_err *err)
{
	struct rd_welsh_words *words = rd_arena_alloc(arena, sizeof *words);
	struct rd_stanzas stanzas;

	RD_TRY(rd_stanzas_parse(file, text, len, arena, &stanzas, err));
	if (stanzas.n_items > RD_WELSH_WORDS_MAX)
		return rd_fail(
			err, RD_E_RANGE, "%s: more than %d topics", file, RD_WELSH_WORDS_MAX);
	struct welsh_word *items = rd_arena_array(arena, stanzas.n_items + 1, sizeof *items);
	if (words == NULL || items == NULL)
		return rd_fail(err, RD_E_RANGE, "%s: too large", file);
	for (size_t i = 0; i < stanzas.n_items; i++)
		RD_TRY(read_word(&stanzas.items[i], &items[i], err));
	words->items = items;
	words->n = stanzas.n_items;
	*ret_words = words;
	return RD_OK;
}

const char *rd_welsh_topic(const struct rd_welsh_words *words, const char *topic)
{
	for (size_t i = 0; words != NULL && i < words->n; i++)
		if (strcmp(words->items[i].english, topic) == 0)
			return words->items[i].welsh;
	return NULL;
}

const char *rd_welsh_day(struct rd_date day, struct rd_arena *arena)
{
	static const char *const weekdays[] = { "dydd Llun", "dydd Mawrth", "dydd Mercher",
		"dydd Iau", "dydd Gwener", "dydd Sadwrn", "dydd Sul" };
	static const char *const months[] = { "Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai",
		"Mehefin", "Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr" };

	if (!rd_date_is_set(day))
		return "";
	return rd_arena_printf(arena, "%s %d %s %d", weekdays[rd_date_weekday(day)], day.day,
		months[day.month - 1], day.year);
}

const char *rd_welsh_stage(enum rd_stage stage)
{
	static const char *const words[RD_N_STAGES] = { "", "cam 1", "cam 2" };

	return words[stage];
}

const char *rd_welsh_topics(const struct rd_welsh_words *words, const char *const *topics, size_t n,
	size_t n_named, struct rd_arena *arena)
{
	const char *all = "";

	for (size_t i = 0; i < n_named && all != NULL; i++) {
		const char *welsh = rd_welsh_topic(words, topics[i]);
		const char *word =
			welsh != NULL ? welsh : rd_arena_printf(arena, "\"%s\"", topics[i]);
		if (word == NULL)
			return NULL;
		all = rd_arena_printf(arena, "%s%s%s", all, i == 0 ? "" : "; ", word);
	}
	if (n_named < n && n_named > 0 && all != NULL)
		all = rd_arena_printf(arena, "%s; a materion eraill", all);
	return all;
}
