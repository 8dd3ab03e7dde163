/* SPDX-License-Identifier: Apache-2.0 */
#include "report/chart.h"
#include <math.h>
#include <string.h>

// The picture, and in it the plot, in units that are CSS pixels where a column is as wide.
enum { WIDTH = 360, HEIGHT = 190, LEFT = 40, RIGHT = 6, TOP = 18, BOTTOM = 20 };
// A curve has so many places on the axis; more steps are averaged. So many stretches are drawn.
enum { BINS = 240, MAX_STRETCHES = 64, SMOOTH_FROM = 24 };

typedef struct Axes {
    double low, high, tick; /* of the values, as they are shown */
    double last_step;
    const StageSpan *stages; /* each as wide as the others; NULL: steps alone */
    size_t n_stages;
} Axes;

typedef struct Curve {
    double step[BINS], value[BINS];
    size_t n;
} Curve;

static double within(double share) {
    return share > 0 ? share < 1 ? share : 1 : 0;
}

// The step before the first: a run may have begun where another one was.
static double begin_of(const Axes *axes) {
    return axes->n_stages > 0 ? fmax(0, axes->stages[0].first - 1) : 0;
}

// Where a step is on the axis, from 0 to 1.
static double place_of(const Axes *axes, double step) {
    double begin = begin_of(axes);
    for (size_t i = 0; i < axes->n_stages; i++) {
        double end = axes->stages[i].last;
        if (step <= end || i + 1 == axes->n_stages) {
            double share = end > begin ? within((step - begin) / (end - begin)) : 1;
            return ((double)i + share) / (double)axes->n_stages;
        }
        begin = end;
    }
    return within(step / axes->last_step);
}

static double x_of(const Axes *axes, double step) {
    return LEFT + (WIDTH - LEFT - RIGHT) * place_of(axes, step);
}

static double y_of(const Axes *axes, double value) {
    double share = (value - axes->low) / (axes->high - axes->low);
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
}

/* ---- curves --------------------------------------------------------------------------------- */

// Means of the points of a stretch, by their place on the axis.
static void take_stretch(const Axes *axes, const Point *points, size_t n, double scale,
                         Curve *curve) {
    double sums[BINS] = {0}, steps[BINS] = {0}, counts[BINS] = {0};
    for (size_t i = 0; i < n; i++) {
        double place = place_of(axes, points[i].step) * BINS;
        size_t bin = place < BINS ? (size_t)place : BINS - 1;
        sums[bin] += points[i].value * scale;
        steps[bin] += points[i].step;
        counts[bin] += 1;
    }
    curve->n = 0;
    for (size_t bin = 0; bin < BINS; bin++) {
        if (counts[bin] > 0) {
            curve->step[curve->n] = steps[bin] / counts[bin];
            curve->value[curve->n++] = sums[bin] / counts[bin];
        }
    }
}

// A running mean with weights that fall to both sides.
static Curve smoothed(const Curve *curve) {
    Curve out = *curve;
    size_t reach = 2 + curve->n / 16;
    for (size_t i = 0; i < curve->n; i++) {
        double sum = 0, weights = 0;
        size_t first = i > reach ? i - reach : 0;
        for (size_t k = first; k < curve->n && k <= i + reach; k++) {
            double weight = (double)(reach + 1 - (k > i ? k - i : i - k));
            sum += weight * curve->value[k];
            weights += weight;
        }
        out.value[i] = sum / weights;
    }
    return out;
}

static void write_polyline(Html *html, const Axes *axes, const Curve *curve, const ChartLine *line,
                           const char *weight) {
    if (curve->n == 1) {
        html_print(html, "<circle class=\"dot k%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"1.5\"/>",
                   line->color, x_of(axes, curve->step[0]), y_of(axes, curve->value[0]));
        return;
    }
    html_print(html, "<polyline class=\"%s k%u%s\" points=\"", weight, line->color,
               line->is_dashed ? " dash" : "");
    for (size_t i = 0; i < curve->n; i++) {
        html_print(html, "%s%.1f,%.1f", i > 0 ? " " : "", x_of(axes, curve->step[i]),
                   y_of(axes, curve->value[i]));
    }
    html_print(html, "\"/>");
}

static size_t stretch_len(const ChartLine *line, size_t from) {
    size_t n = 1;
    while (from + n < line->n && line->points[from + n].stage == line->points[from].stage) {
        n++;
    }
    return n;
}

static void write_line(Html *html, const Axes *axes, const ChartLine *line, double scale) {
    size_t n = 0, n_stretches = 0;
    Curve curve;
    for (size_t i = 0; i < line->n && n_stretches < MAX_STRETCHES; i += n, n_stretches++) {
        n = stretch_len(line, i);
        take_stretch(axes, line->points + i, n, scale, &curve);
        bool is_smoothed = curve.n >= SMOOTH_FROM;
        write_polyline(html, axes, &curve, line, is_smoothed ? "raw" : "mean");
        if (is_smoothed) {
            curve = smoothed(&curve);
            write_polyline(html, axes, &curve, line, "mean");
        }
    }
}

static void write_dots(Html *html, const Axes *axes, const ChartLine *line, double scale) {
    for (size_t i = 0; i < line->n_dots && i < 500; i++) {
        double value = line->dots[i].value * scale;
        html_print(html,
                   "<circle class=\"%s k%u\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\"><title>step %.0f: "
                   "%.4g</title></circle>",
                   line->is_dashed ? "ring" : "dot", line->color, x_of(axes, line->dots[i].step),
                   y_of(axes, value), line->dots[i].step, value);
    }
}

/* ---- axes ----------------------------------------------------------------------------------- */

// 1, 2 or 5 times a power of ten, at least `least`.
static double nice_step(double least) {
    double power = pow(10, floor(log10(least)));
    double digit = least / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

static void widen(double value, double *low, double *high) {
    *low = value < *low ? value : *low;
    *high = value > *high ? value : *high;
}

static void widen_by_line(const ChartLine *line, double scale, Axes *axes) {
    size_t n = 0, n_stretches = 0;
    Curve curve;
    for (size_t i = 0; i < line->n && n_stretches < MAX_STRETCHES; i += n, n_stretches++) {
        n = stretch_len(line, i);
        take_stretch(axes, line->points + i, n, scale, &curve);
        for (size_t k = 0; k < curve.n; k++) {
            widen(curve.value[k], &axes->low, &axes->high);
        }
    }
    for (size_t i = 0; i < line->n_dots; i++) {
        widen(line->dots[i].value * scale, &axes->low, &axes->high);
    }
}

static Axes axes_of(const Chart *chart, double scale) {
    Axes axes = {.low = INFINITY,
                 .high = -INFINITY,
                 .last_step = chart->last_step > 0 ? chart->last_step : 1,
                 .stages = chart->stages,
                 .n_stages = chart->stages ? chart->n_stages : 0};
    for (size_t i = 0; i < chart->n_lines; i++) {
        widen_by_line(&chart->lines[i], scale, &axes);
    }
    if (!(axes.low <= axes.high)) {
        axes.low = axes.high = 0;
    }
    if (chart->has_zero) {
        widen(0, &axes.low, &axes.high);
    }
    double room = axes.high - axes.low, least = fmax(fabs(axes.high), fabs(axes.low)) * 1e-6;
    if (room <= least) {
        room = fmax(least, 1e-3);
        axes.high = axes.low + room;
    }
    axes.tick = nice_step(room / 4);
    axes.low = floor(axes.low / axes.tick + 1e-9) * axes.tick;
    axes.high = ceil(axes.high / axes.tick - 1e-9) * axes.tick;
    return axes;
}

static void write_number(Html *html, double value, double tick) {
    bool is_large = tick >= 500;
    double shown = is_large ? value / 1000 : value, step = is_large ? tick / 1000 : tick;
    int digits = (int)fmax(0, ceil(-log10(step) - 1e-9));
    html_print(html, "%.*f%s", digits < 9 ? digits : 9, fabs(shown) < step / 2 ? 0 : shown,
               is_large && fabs(shown) >= step / 2 ? "k" : "");
}

static void write_value_axis(Html *html, const Axes *axes) {
    int n = (int)((axes->high - axes->low) / axes->tick + 0.5);
    for (int i = 0; i <= n && i < 16; i++) {
        double value = axes->low + i * axes->tick, y = y_of(axes, value);
        bool is_zero = fabs(value) < axes->tick / 2;
        html_print(html, "<line class=\"%s\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
                   is_zero ? "zero" : "grid", LEFT, WIDTH - RIGHT, y, y);
        html_print(html, "<text class=\"tick end\" x=\"%d\" y=\"%.1f\">", LEFT - 6, y + 3.5);
        write_number(html, value, axes->tick);
        html_print(html, "</text>");
    }
}

static void write_step(Html *html, const Axes *axes, double step, double tick) {
    double x = x_of(axes, step);
    const char *anchor = x < LEFT + 14 ? "" : x > WIDTH - RIGHT - 14 ? " end" : " mid";
    html_print(html, "<text class=\"tick%s\" x=\"%.1f\" y=\"%d\">", anchor, x, HEIGHT - 5);
    write_number(html, step, tick);
    html_print(html, "</text>");
}

// The steps at which stages end, where there are stages.
static void write_step_axis(Html *html, const Axes *axes) {
    double tick = fmax(1, nice_step(axes->last_step / 5));
    if (axes->n_stages > 0) {
        write_step(html, axes, begin_of(axes), 1);
    }
    for (size_t i = 0; i < axes->n_stages && axes->n_stages <= 8; i++) {
        write_step(html, axes, axes->stages[i].last, 1);
    }
    for (int i = 0; axes->n_stages == 0 && i <= 10 && i * tick <= axes->last_step; i++) {
        write_step(html, axes, i * tick, tick);
    }
}

// A name only where it fits.
static void write_stages(Html *html, const Axes *axes) {
    double width = (WIDTH - LEFT - RIGHT) / (double)(axes->n_stages ? axes->n_stages : 1);
    for (size_t i = 0; i < axes->n_stages; i++) {
        const char *name = axes->stages[i].name;
        double x = LEFT + (double)i * width;
        if (i > 0) {
            html_print(html, "<line class=\"bound\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>",
                       x, x, TOP - 14, HEIGHT - BOTTOM);
        }
        if ((double)strlen(name) * 5.6 + 8 < width) {
            html_print(html, "<text class=\"mid\" x=\"%.1f\" y=\"%d\">", x + width / 2, TOP - 6);
            html_str(html, name);
            html_print(html, "</text>");
        }
    }
}

void chart_write(Html *html, const Chart *chart) {
    double scale = chart->is_percent ? 100 : 1;
    Axes axes = axes_of(chart, scale);
    html_print(html, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
    html_str(html, chart->title);
    html_print(html, " by optimizer step\">");
    write_value_axis(html, &axes);
    write_step_axis(html, &axes);
    write_stages(html, &axes);
    for (size_t i = 0; i < chart->n_lines; i++) {
        write_line(html, &axes, &chart->lines[i], scale);
    }
    for (size_t i = 0; i < chart->n_lines; i++) {
        write_dots(html, &axes, &chart->lines[i], scale);
    }
    html_print(html, "</svg>\n");
}
