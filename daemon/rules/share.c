#include "redress/rules/share.h"

#include <math.h>
#include <stddef.h>

#define Z 1.959963984540054 /* 95 in 100 of a normal distribution lie within so many deviations */

double rd_share_of(const struct rd_share *share, double *ret_low, double *ret_high)
{
	double low = (double)NAN, high = (double)NAN, p = (double)NAN;

	if (share->sum > 0) {
		const double n = share->sum * share->sum / share->squares;

		p = share->of_them / share->sum;
		const double middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n);
		const double reach =
			Z / (1 + Z * Z / n) * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
		low = fmax(0, middle - reach);
		high = fmin(1, middle + reach);
	}
	if (ret_low != NULL)
		*ret_low = low;
	if (ret_high != NULL)
		*ret_high = high;
	return p;
}
