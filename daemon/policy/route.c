#include "redress/policy/route.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "redress/base/stanza.h"

#define SURNAME_MIN    4  /* letters: shorter ones stand in any text */
#define HOURS_DAYS_MAX 30 /* the longest stretch that an office is shut, and far more */

/* --- what a route is called, and what is done there --- */

static const struct {
	const char *name, *words, *task;
} telling[] = {
	{ "health_safety", "a danger to health or safety",
		"Danger to health or safety: see that somebody makes it safe today." },
	{ "personal_injury", "an injury",
		"Somebody was hurt: record the accident, and pass a claim to the insurers." },
	{ "safeguarding", "a safeguarding concern",
		"Safeguarding, in addition to the case: act today, and find a safe way before "
		"anybody rings or writes." },
	{ "vulnerable", "a resident who may need adjustments",
		"May need adjustments: ask what helps, make it so, and write it on the case." },
	{ "legal", "legal action", "Legal action is spoken of: take advice before answering." },
	{ "mp_councillor", "a letter of an MP or a councillor",
		"An MP or a councillor writes: keep the writer informed, within what the resident "
		"agrees to." },
	{ "petition", "a petition",
		"Several residents write as one: ask for one person to speak for all, and name "
		"that person on the case (`case contact`)." },
	{ "advocate", "somebody who speaks for the resident",
		"Somebody speaks for the resident: ask the resident whether that is agreed "
		"(`case consent`), say nothing of the case before, then send copies to both." },
	{ "stage2_request", "a request for stage 2",
		"May be asking for stage 2: read it and decide." },
	{ "damp_mould", "damp or mould",
		"Damp or mould: have it looked into in time, and record it (`case hazard`)." },
	{ "heat_loss", "no heating or hot water",
		"No heating or hot water, a priority failure: get it repaired, see how the people "
		"there are, and offer heaters." },
	{ "over_12_months", "a matter of more than twelve months ago",
		"It may be more than twelve months old: decide whether that keeps it out." },
	{ "anonymous", "a message without a name",
		"Nobody says who wrote: see whether there is cause for concern." },
	{ "abusive", "abusive words",
		"Abusive words: answer the matter all the same; contact is restricted only in "
		"writing (`case restrict`), and never for an emergency." },
	{ "asks_not_formal", "a resident who wants nothing formal",
		"Wants nothing formal: deal with it; the choice to complain stays open." },
	{ "building-safety", "the safety of a building",
		"Safety of the building: see that the accountable person knows today." },
	{ "theft", "a theft",
		"Theft is spoken of: ask for the crime reference number, and write it on the "
		"case." },
	{ "staff-conduct", "the conduct of a member of staff",
		"About a member of staff: keep it confidential, and away from the person it is "
		"about." },
	{ "senior-staff-conduct", "the conduct of a senior member of staff",
		"About a senior member of staff: keep it confidential, and away from the person "
		"it is about." },
	{ "complaints-manager-conduct", "the conduct of the manager in charge of complaints",
		"About the manager in charge of complaints: keep it confidential, and away from "
		"that person." },
	{ "chief-executive", "a letter to the chief executive",
		"Written to the chief executive: a new complaint, or part of one that is open." },
	{ "compensation", "compensation",
		"Compensation is asked for: have it decided, and record the offer (`case "
		"compensation`)." },
	{ "stage2-review", "a review at stage 2",
		"Stage 2: find somebody who was not involved before (`case assign`)." },
	{ "new-issue", "a new issue on an open complaint",
		"A new issue: part of the complaint (`case merge`), or one of its own (`case "
		"split`)." },
	{ "social-media", "something written in public",
		"Written in public: ask for a private message, and say nothing personal there." },
	{ "repeated-failure", "a failure that comes again",
		"It failed before: look for the cause, not only the repair." },
};

static size_t place_of(const char *name)
{
	size_t i = 0;

	while (i < sizeof telling / sizeof telling[0] && strcmp(telling[i].name, name) != 0)
		i++;
	RD_ASSERT(i < sizeof telling / sizeof telling[0]); /* rd_route_names has no others */
	return i;
}

const char *rd_route_words(const char *name)
{
	return telling[place_of(name)].words;
}

const char *rd_route_task(const char *name)
{
	return telling[place_of(name)].task;
}

/* --- what raises it --- */

/* A hyphen, an underline and a blank are one: `building-safety` is the mark "building safety". */
static bool same_mark(const char *one, const char *other)
{
	for (; *one != '\0' && *other != '\0'; one++, other++) {
		const char a = *one == '-' || *one == '_' ? ' ' : *one;
		const char b = *other == '-' || *other == '_' ? ' ' : *other;

		if (tolower((unsigned char)a) != tolower((unsigned char)b))
			return false;
	}
	return *one == *other;
}

static bool has_mark(const struct rd_signs *signs, const char *mark)
{
	for (size_t i = 0; i < signs->n_marks; i++)
		if (same_mark(signs->marks[i], mark))
			return true;
	return false;
}

static bool has_topic(const struct rd_signs *signs, const char *topic)
{
	for (size_t i = 0; i < signs->n_topics; i++)
		if (strcasecmp(signs->topics[i], topic) == 0)
			return true;
	return false;
}

static bool raises(const struct rd_signs *signs, const struct rd_provision *route)
{
	const struct rd_field *field = NULL;
	enum rd_flag flag;

	if (signs == NULL)
		return false;
	if (rd_flag_parse(route->name, &flag) ? signs->flags != NULL && signs->flags[flag]
					      : has_mark(signs, route->name))
		return true;
	while ((field = rd_stanza_next(route->stanza, "Mark", field)) != NULL)
		if (has_mark(signs, field->value))
			return true;
	while ((field = rd_stanza_next(route->stanza, "Topic", field)) != NULL)
		if (has_topic(signs, field->value))
			return true;
	return false;
}

static bool is_danger(const char *name)
{
	return strcmp(name, rd_flag_names[RD_SAFEGUARDING]) == 0 ||
	       strcmp(name, rd_flag_names[RD_HEALTH_SAFETY]) == 0 ||
	       strcmp(name, rd_flag_names[RD_PERSONAL_INJURY]) == 0 ||
	       strcmp(name, rd_flag_names[RD_HEAT_LOSS]) == 0;
}

/* Danger waits for nobody's hours, whatever the profile says of its route. */
static struct rd_raised raised_of(const char *name, const struct rd_provision *provision)
{
	const bool danger = is_danger(name);

	return (struct rd_raised){
		.name = name,
		.provision = provision,
		.is_danger = danger,
		.at_once = danger ||
			   (provision != NULL && rd_provision_has(provision, "When", "at once")),
	};
}

static size_t unrouted_dangers(const struct rd_landlord *landlord, const struct rd_signs *before,
	const struct rd_signs *now, struct rd_raised *out, size_t n)
{
	static const enum rd_flag dangers[] = { RD_SAFEGUARDING, RD_HEALTH_SAFETY,
		RD_PERSONAL_INJURY, RD_HEAT_LOSS };

	for (size_t i = 0; i < sizeof dangers / sizeof dangers[0] && n < RD_ROUTES_MAX; i++) {
		const enum rd_flag flag = dangers[i];
		const bool had = before != NULL && before->flags != NULL && before->flags[flag];

		if (now->flags != NULL && now->flags[flag] && !had &&
			rd_landlord_provision(landlord, RD_PROVISION_ROUTE, rd_flag_names[flag]) ==
				NULL)
			out[n++] = raised_of(rd_flag_names[flag], NULL);
	}
	return n;
}

size_t rd_routes_raised(const struct rd_landlord *landlord, const struct rd_signs *before,
	const struct rd_signs *now, struct rd_raised out[static RD_ROUTES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < landlord->n_provisions && n < RD_ROUTES_MAX; i++) {
		const struct rd_provision *route = &landlord->provisions[i];

		if (route->kind == RD_PROVISION_ROUTE &&
			rd_stanza_field(route->stanza, "About") == NULL && raises(now, route) &&
			!raises(before, route))
			out[n++] = raised_of(route->name, route);
	}
	return unrouted_dangers(landlord, before, now, out, n);
}

bool rd_route_by_name(
	const struct rd_landlord *landlord, const char *name, struct rd_raised *ret_raised)
{
	const struct rd_provision *route =
		rd_landlord_provision(landlord, RD_PROVISION_ROUTE, name);

	if (route == NULL)
		return false;
	*ret_raised = raised_of(route->name, route);
	return true;
}

bool rd_signs_of_conduct(const struct rd_landlord *landlord, const struct rd_signs *signs)
{
	const struct rd_provision *route =
		rd_landlord_provision(landlord, RD_PROVISION_ROUTE, RD_ROUTE_CONDUCT);

	return (route != NULL && raises(signs, route)) ||
	       has_topic(signs, RD_ROUTE_CONDUCT_TOPIC) || has_mark(signs, RD_ROUTE_CONDUCT_MARK);
}

const struct rd_provision *rd_route_about(
	const struct rd_landlord *landlord, const char *const *called, size_t n_called)
{
	for (size_t i = 0; i < landlord->n_provisions; i++) {
		const struct rd_provision *route = &landlord->provisions[i];
		const struct rd_field *field = NULL;

		if (route->kind != RD_PROVISION_ROUTE)
			continue;
		while ((field = rd_stanza_next(route->stanza, "About", field)) != NULL)
			for (size_t k = 0; k < n_called; k++)
				if (rd_role_is_called(field->value, called[k]))
					return route;
	}
	return NULL;
}

/* --- names --- */

static const char *past_article(const char *text)
{
	static const char *const articles[] = { "the ", "a ", "an ", NULL };

	text += strspn(text, " ");
	for (size_t i = 0; articles[i] != NULL; i++)
		if (strncasecmp(text, articles[i], strlen(articles[i])) == 0)
			return text + strlen(articles[i]) + strspn(text + strlen(articles[i]), " ");
	return text;
}

bool rd_role_is_called(const char *phrase, const char *name)
{
	phrase = past_article(phrase);
	name = past_article(name);
	while (*name != '\0' && tolower((unsigned char)*phrase) == tolower((unsigned char)*name)) {
		phrase++;
		name++;
	}
	phrase += strspn(phrase, " ");
	name += strspn(name, " ");
	return *name == '\0' && (*phrase == '\0' || *phrase == ',');
}

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static bool holds(const char *words, size_t len, const char *name, size_t name_len)
{
	for (size_t i = 0; name_len > 0 && i + name_len <= len; i++)
		if (strncasecmp(words + i, name, name_len) == 0 &&
			(i == 0 || !is_of_word(words[i - 1])) &&
			(i + name_len == len || !is_of_word(words[i + name_len])))
			return true;
	return false;
}

bool rd_words_name(const char *words, size_t len, const char *name, bool surname_too)
{
	const char *plain = past_article(name);
	const char *last = strrchr(plain, ' ');

	if (holds(words, len, plain, strlen(plain)))
		return true;
	return surname_too && last != NULL && strlen(last + 1) >= SURNAME_MIN &&
	       holds(words, len, last + 1, strlen(last + 1));
}

/* --- hours --- */

static bool works_on(
	const struct rd_hours *hours, const struct rd_calendar *calendar, struct rd_date day)
{
	struct rd_err past_calendar = { 0 };
	bool working = true;

	if (hours->every_day || calendar == NULL ||
		rd_is_working_day(calendar, day, &working, &past_calendar) != RD_OK)
		return true;
	return working;
}

int64_t rd_hours_next(
	const struct rd_hours *hours, const struct rd_calendar *calendar, int64_t now_ms)
{
	const int minute = rd_london_minute_of_day(now_ms);
	struct rd_date day = rd_date_of(now_ms);

	if (hours->to_min == 0)
		return now_ms;
	if (works_on(hours, calendar, day) && minute < hours->to_min) {
		if (minute >= hours->from_min)
			return now_ms;
		return rd_date_at_ms(day, hours->from_min / 60, hours->from_min % 60);
	}
	for (int i = 0; i < HOURS_DAYS_MAX; i++) {
		day = rd_date_add(day, 1);
		if (works_on(hours, calendar, day))
			break;
	}
	return rd_date_at_ms(day, hours->from_min / 60, hours->from_min % 60);
}
