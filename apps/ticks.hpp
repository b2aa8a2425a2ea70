// Round numbers along the axis of a figure.
#pragma once

namespace tern::apps {

/// A round number, 1, 2 or 5 times a power of ten, of which at most `most` make up `span`, which is above 0.
double tick_step(double span, int most);

/// From a multiple of `step` to another one.
struct Ticks {
    double low, high, step;

    int count() const;  // of steps
    double at(int i) const { return low + i * step; }
};

/// Ticks around [low, high] in some `most` steps; where both are equal, around that number.
Ticks ticks_around(double low, double high, int most);

}  // namespace tern::apps
