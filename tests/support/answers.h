/* answers: the skeleton of a full answer (`case respond --skeleton`), filled in as staff would. */
#ifndef REDRESS_SUPPORT_ANSWERS_H
#define REDRESS_SUPPORT_ANSWERS_H

#include "redress/base/buf.h"
#include "redress/gateway/acts_stage.h"
#include "support/house.h"

/* A line of the skeleton that ends with its colon, and what is written behind it. */
struct answer_part {
	const char *field, *words;
};

/* Lines that no part names stay empty. In the house's arena. */
static char *answer_filled(struct house *h, int64_t case_id, enum rd_stage stage,
	const struct answer_part *parts, size_t n_parts)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf skeleton = RD_BUF(64u << 10);
	RD_CLEANUP(rd_buf_free) struct rd_buf filled = RD_BUF(64u << 10);
	const struct rd_office staff = house_staff(h);

	OK(rd_act_answer_skeleton(h->db, &staff, case_id, stage, &skeleton, &h->err));
	for (const char *line = rd_buf_str(&skeleton); *line != '\0';) {
		const size_t len = strcspn(line, "\n");
		const char *words = "";

		for (size_t i = 0; i < n_parts; i++)
			if (strlen(parts[i].field) == len &&
				strncmp(line, parts[i].field, len) == 0)
				words = parts[i].words;
		OK(rd_buf_printf(&filled, &h->err, "%.*s %s\n", (int)len, line, words));
		line += len + (line[len] == '\n');
	}
	return rd_arena_strdup(h->arena, rd_buf_str(&filled));
}

/* Every part filled in: the complaint is upheld in part. */
static inline char *answer_in_full(struct house *h, int64_t case_id, enum rd_stage stage)
{
	static const struct answer_part parts[] = {
		{ "Decision:", "partly" },
		{ "Reasons:", "Nobody came in June." },
		{ "Policy and law:", "Our repairs policy, 4.2." },
		{ "Reconsidered:", "We looked again." },
		{ "Apology:", "We are sorry for the wait." },
		{ "Remedy:", "We mend the roof by May." },
		{ "Money:", "none" },
		{ "Records:", "none" },
		{ "Prevention:", "A second roofer is on call." },
		{ "Learning:", "Rota gaps in June." },
		{ "Finding:", "You are right about this." },
	};

	return answer_filled(h, case_id, stage, parts, sizeof parts / sizeof parts[0]);
}

#endif
