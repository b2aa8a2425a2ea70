#include "tern/core/element.hpp"

#include "tern/tests/catch.hpp"

using namespace tern;

TEST_CASE("elements are read and written by their indices") {
    const Tensor tensor = Tensor::from({2, 3}, {0.0f, 1.0f, 2.0f, 3.0f, 4.0f, 5.0f});
    CHECK(element(tensor, {1, 0}) == 3);
    CHECK(element(tensor, {-1, -1}) == 5);
    CHECK(element<float>(tensor.slice(1, 2), {0, 1}) == 4);
    set_element(tensor, {0, -2}, 0.1);
    CHECK(tensor.data<float>()[1] == 0.1f);
    set_element(tensor, {-2, 0}, 7);
    CHECK(tensor.data<float>()[0] == 7);
    CHECK(element(Tensor::full({}, 8), {}) == 8);
}

TEST_CASE("elements are of every type, and int64 keeps its digits") {
    for (const DType dtype : {DType::float32, DType::float64, DType::bfloat16, DType::float16, DType::uint8,
                              DType::int32, DType::int64}) {
        const Tensor tensor = Tensor::zeros({3}, dtype);
        set_element(tensor, {1}, 2.0);
        set_element(tensor, {2}, 3);
        for (int i = 0; i < 3; ++i) CHECK(element(tensor, {i}) == (i == 0 ? 0 : i + 1));
    }
    const Tensor whole = Tensor::zeros({1}, DType::int64);
    set_element(whole, {0}, INT64_MAX - 1);
    CHECK(element<std::int64_t>(whole, {0}) == INT64_MAX - 1);
    const Tensor bytes = Tensor::zeros({1}, DType::uint8);
    set_element(bytes, {0}, 300);
    CHECK(element<std::uint8_t>(bytes, {0}) == 255);
}

TEST_CASE("an element that is written counts as changed, one that is not there is an error") {
    const Tensor tensor = Tensor::zeros({2, 3});
    const auto version = tensor.storage()->version();
    set_element(tensor, {0, 0}, 1.0);
    CHECK(tensor.storage()->version() > version);
    CHECK_THROWS_WITH(element(tensor, {1, 3}), "[element] index 3 along axis 1 of extent 3 (shape (2,3))");
    CHECK_THROWS_WITH(set_element(tensor, {-3, 0}, 1),
                      "[element] index -3 along axis 0 of extent 2 (shape (2,3))");
    CHECK_THROWS_WITH(element(tensor, {1}), "[element] 1 indices for the shape (2,3)");
    CHECK_THROWS_WITH(element(Tensor::zeros({0}), {0}),
                      "[element] index 0 along axis 0 of extent 0 (shape (0))");
    CHECK_THROWS_WITH(element<float>(Tensor::zeros({1}, DType::int32), {0}),
                      "[tensor] elements are int32, asked for as float32");
}
