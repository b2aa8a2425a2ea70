#include "tern/core/format.hpp"

#include <cmath>

#include "tern/core/create.hpp"
#include "tern/tests/catch.hpp"

using namespace tern;

// What NumPy 1.24 prints of these.
TEST_CASE("elements are printed as NumPy prints them") {
    CHECK(to_string(Tensor::from({}, {0.1f})) == "0.1");
    CHECK(to_string(Tensor::full({}, 3, DType::float64)) == "3.0");
    CHECK(to_string(Tensor::full({}, 1e-7, DType::float64)) == "1e-07");
    CHECK(to_string(Tensor::zeros({0, 3})) == "[]");
    CHECK(to_string(Tensor::from({4}, {0.1f, 0.25f, -2.0f, 3.0f})) == "[ 0.1   0.25 -2.    3.  ]");
    CHECK(to_string(Tensor::from({3}, {1e-5f, 1.5f, -150.0f})) == "[ 1.0e-05  1.5e+00 -1.5e+02]");
    CHECK(to_string(Tensor::from({2}, {1e-100, 1.5})) == "[1.0e-100 1.5e+000]");
    CHECK(to_string(Tensor::from({3}, {1.0 / 3, double{NAN}, -double{INFINITY}})) ==
          "[0.33333333        nan       -inf]");
    CHECK(to_string(Tensor::from({2, 2}, std::vector<std::int32_t>{1, -20, 300, 4})) ==
          "[[  1 -20]\n [300   4]]");
    CHECK(to_string(Tensor::from({3}, std::vector<std::uint8_t>{0, 7, 255})) == "[  0   7 255]");
    CHECK(to_string(arange(0, 2, 0.5, DType::bfloat16)) == "[0.  0.5 1.  1.5]");
    CHECK(to_string(arange(0, 8).reshape({2, 2, 2})) == "[[[0. 1.]\n  [2. 3.]]\n\n [[4. 5.]\n  [6. 7.]]]");
}

TEST_CASE("long rows are broken, large tensors cut in the middle") {
    CHECK(to_string(arange(0, 30, 1, DType::int64)) ==
          "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n"
          " 24 25 26 27 28 29]");
    CHECK(to_string(arange(0, 1001, 1, DType::int32)) == "[   0    1    2 ...  998  999 1000]");
    CHECK(to_string(arange(0, 4000).reshape({1000, 4})) == R"([[0.000e+00 1.000e+00 2.000e+00 3.000e+00]
 [4.000e+00 5.000e+00 6.000e+00 7.000e+00]
 [8.000e+00 9.000e+00 1.000e+01 1.100e+01]
 ...
 [3.988e+03 3.989e+03 3.990e+03 3.991e+03]
 [3.992e+03 3.993e+03 3.994e+03 3.995e+03]
 [3.996e+03 3.997e+03 3.998e+03 3.999e+03]])");
}

TEST_CASE("arange counts as NumPy's does") {
    CHECK(arange(0, 5).shape() == Shape{5});
    CHECK(arange(5, 0, -2, DType::int32).elements<std::int32_t>()[2] == 1);
    CHECK(arange(0, 1, 0.3).shape() == Shape{4});
    CHECK(arange(3, 3).shape() == Shape{0});
    CHECK(arange(3, 0).shape() == Shape{0});
    CHECK_THROWS_WITH(arange(0, 1, 0),
                      "[arange] start, end and step must be finite and step not 0, got 0, 1, 0");
    CHECK_THROWS_WITH(arange(0, INFINITY),
                      "[arange] start, end and step must be finite and step not 0, got 0, inf, 1");
    CHECK_THROWS_WITH(arange(0, 1e300), "[arange] 0 to 1e+300 by 1 are more than 2^53 elements");
}

TEST_CASE("random tensors are numbers of their stream, whatever the shape") {
    const RandomStream stream{.seed = 3};
    const Tensor uniform = rand({4, 5}, stream), normal = randn({20}, stream, DType::float64);
    for (std::uint64_t i = 0; i < 20; ++i) {
        CHECK(uniform.elements<float>()[i] == stream.uniform(i));
        CHECK(normal.elements<double>()[i] == stream.normal(i));
    }
    for (const DType dtype : {DType::bfloat16, DType::float16}) {
        const Tensor many = rand({20000}, stream, dtype);
        visit_floating(dtype, [&]<class T>() {
            for (const T value : many.elements<T>()) REQUIRE((value >= T(0.0f) && value < T(1.0f)));
        });
    }
    CHECK_THROWS_WITH(rand({2}, stream, DType::int32), "[rand] a floating-point type is needed, got int32");
}
