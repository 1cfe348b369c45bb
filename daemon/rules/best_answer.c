#include "redress/rules/best_answer.h"

#include <math.h>

#define EQUAL 1e-9

double rd_points_rounded(double points)
{
	return round(points * 1000) / 1000;
}

/* The largest total but the complaint's; a service request where there is none. */
static enum rd_kind best_other(const double totals[static RD_N_KINDS])
{
	enum rd_kind best = RD_SERVICE_REQUEST;
	double most = 0;

	for (int k = 0; k < RD_N_KINDS; k++)
		if (k != RD_COMPLAINT && totals[k] > most + EQUAL) {
			most = totals[k];
			best = (enum rd_kind)k;
		}
	return best;
}

/* Of the kinds that rules settle: a complaint if it is among them, else the largest total. Returns
 * how many there are. */
static int settle(const double totals[static RD_N_KINDS], const bool decided[static RD_N_KINDS],
	enum rd_kind *ret_kind)
{
	double most = -INFINITY;
	int n = 0;

	for (int k = RD_N_KINDS - 1; k >= 0; k--) {
		if (!decided[k])
			continue;
		n++;
		if (totals[k] >= most) {
			most = totals[k];
			*ret_kind = (enum rd_kind)k;
		}
	}
	if (decided[RD_COMPLAINT])
		*ret_kind = RD_COMPLAINT;
	return n;
}

struct rd_best_answer rd_best_answer_of(const double totals[static RD_N_KINDS],
	const bool decided[static RD_N_KINDS], double request_below, double complaint_from)
{
	const double total = totals[RD_COMPLAINT];
	struct rd_best_answer answer = { .kind = RD_COMPLAINT, .by = RD_ANSWER_SETTLED };
	const int n_decided = settle(totals, decided, &answer.kind);

	if (n_decided > 0) {
		answer.disagree = n_decided > 1;
	} else if (total >= complaint_from) {
		answer.by = RD_ANSWER_ENOUGH;
	} else if (total >= request_below) {
		answer.by = RD_ANSWER_BAND;
		if (total < (request_below + complaint_from) / 2)
			answer.kind = best_other(totals);
	} else {
		answer.by = RD_ANSWER_TOO_FEW;
		answer.kind = best_other(totals);
	}
	return answer;
}
