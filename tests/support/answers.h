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

#endif
