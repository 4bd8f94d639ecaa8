// The elementwise steps of a dense block (tiramisu.py) on a processor with AVX-512 bfloat16.
//
// Maps are (P, C) pixels of bfloat16, rows any number of values apart; C is a multiple of 16.
// Scales, shifts and sums are (C) of float32.

#include <immintrin.h>
#include <omp.h>
#include <torch/extension.h>

#include <algorithm>
#include <tuple>

using at::BFloat16;
using at::Tensor;

namespace {

constexpr int64_t LANES = 16;
constexpr int64_t ROWS_AT_ONCE = 64;  // what a pass over a few channels leaves in the nearest cache

__m512 widened(__m256i raw) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(raw), 16));
}

__m256i raw_at(const BFloat16* at) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
}

__m512 load(const BFloat16* at) { return widened(raw_at(at)); }

void store(BFloat16* at, __m512 values) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(at),
                      reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(values)));
}

void add_to(float* sum, __m512 values) {
  _mm512_storeu_ps(sum, _mm512_add_ps(_mm512_loadu_ps(sum), values));
}

struct Maps {
  explicit Maps(const Tensor& t)
      : data(t.data_ptr<BFloat16>()), pixels(t.size(0)), channels(t.size(1)), apart(t.stride(0)) {
    TORCH_CHECK(t.stride(1) == 1 && channels % LANES == 0, "expected rows of 16 n channels");
  }
  BFloat16* row(int64_t pixel) const { return data + pixel * apart; }
  BFloat16* data;
  int64_t pixels, channels, apart;
};

Tensor two_sums_a_thread(const Maps& maps, const Tensor& like) {
  return at::zeros({omp_get_max_threads(), 2, maps.channels}, like.options().dtype(at::kFloat));
}

// Calls step(first, end, sums) for groups of rows, each thread with sums of its own.
template <typename Step>
void in_groups(int64_t pixels, Tensor& sums, const Step& step) {
#pragma omp parallel
  {
    const int64_t thread = omp_get_thread_num(), threads = omp_get_num_threads();
    const int64_t end = pixels * (thread + 1) / threads;
    float* own = sums.data_ptr<float>() + thread * sums.stride(0);
    for (int64_t first = pixels * thread / threads; first < end; first += ROWS_AT_ONCE)
      step(first, std::min(first + ROWS_AT_ONCE, end), own);
  }
}

// Gives new maps: finish(pixel, channel, scale x + shift).
template <typename Finish>
Tensor of_scaled(const Tensor& x, const Tensor& scale, const Tensor& shift, const Finish& finish) {
  const Maps from(x);
  Tensor y = at::empty({from.pixels, from.channels}, x.options());
  const Maps to(y);
  const float *a = scale.data_ptr<float>(), *b = shift.data_ptr<float>();
#pragma omp parallel for
  for (int64_t p = 0; p < from.pixels; p++)
    for (int64_t c = 0; c < from.channels; c += LANES) {
      const __m512 scaled = _mm512_fmadd_ps(load(from.row(p) + c), _mm512_loadu_ps(a + c),
                                            _mm512_loadu_ps(b + c));
      store(to.row(p) + c, finish(p, c, scaled));
    }
  return y;
}

Tensor scaled_relu(const Tensor& x, const Tensor& scale, const Tensor& shift) {
  return of_scaled(x, scale, shift, [](int64_t, int64_t, __m512 scaled) {
    return _mm512_max_ps(scaled, _mm512_setzero_ps());
  });
}

std::tuple<Tensor, Tensor> scaled_relu_backward(const Tensor& dy, const Tensor& x,
                                                const Tensor& scale, const Tensor& shift,
                                                Tensor gradient) {
  const Maps outer(dy), from(x), to(gradient);
  const float *a = scale.data_ptr<float>(), *b = shift.data_ptr<float>();
  Tensor sums = two_sums_a_thread(from, x);
  in_groups(from.pixels, sums, [&](int64_t first, int64_t end, float* own) {
    for (int64_t c = 0; c < from.channels; c += LANES) {
      const __m512 by = _mm512_loadu_ps(a + c), plus = _mm512_loadu_ps(b + c);
      __m512 plain = _mm512_setzero_ps(), times_x = _mm512_setzero_ps();
      for (int64_t p = first; p < end; p++) {
        const __m512 value = load(from.row(p) + c);
        const __mmask16 open = _mm512_cmp_ps_mask(_mm512_fmadd_ps(value, by, plus),
                                                  _mm512_setzero_ps(), _CMP_GT_OQ);
        const __m512 passed = _mm512_maskz_mov_ps(open, load(outer.row(p) + c));
        store(to.row(p) + c, _mm512_fmadd_ps(passed, by, load(to.row(p) + c)));
        plain = _mm512_add_ps(plain, passed);
        times_x = _mm512_fmadd_ps(passed, value, times_x);
      }
      add_to(own + c, plain);
      add_to(own + from.channels + c, times_x);
    }
  });
  const Tensor both = sums.sum(0);
  return {both[0], both[1]};
}

// The variance is taken about a pixel's values, for float32's sake.
std::tuple<Tensor, Tensor> taken(const Tensor& x, Tensor place) {
  const Maps from(x), to(place);
  const Tensor pivot = x[from.pixels / 2].to(at::kFloat).contiguous();
  const float* about = pivot.data_ptr<float>();
  Tensor sums = two_sums_a_thread(from, x);
  in_groups(from.pixels, sums, [&](int64_t first, int64_t end, float* own) {
    for (int64_t c = 0; c < from.channels; c += LANES) {
      const __m512 less = _mm512_loadu_ps(about + c);
      __m512 plain = _mm512_setzero_ps(), squared = _mm512_setzero_ps();
      for (int64_t p = first; p < end; p++) {
        const __m256i raw = raw_at(from.row(p) + c);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to.row(p) + c), raw);
        const __m512 value = _mm512_sub_ps(widened(raw), less);
        plain = _mm512_add_ps(plain, value);
        squared = _mm512_fmadd_ps(value, value, squared);
      }
      add_to(own + c, plain);
      add_to(own + from.channels + c, squared);
    }
  });
  const Tensor means = sums.sum(0) / static_cast<double>(from.pixels);
  return {means[0] + pivot, (means[1] - means[0] * means[0]).clamp_min(0)};
}

Tensor settled(const Tensor& gradient, const Tensor& x, const Tensor& constant,
               const Tensor& linear) {
  const Maps before(gradient);
  return of_scaled(x, linear, constant, [&](int64_t p, int64_t c, __m512 scaled) {
    return _mm512_add_ps(load(before.row(p) + c), scaled);
  });
}

}  // namespace

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {
  m.def("scaled_relu", &scaled_relu);
  m.def("scaled_relu_backward", &scaled_relu_backward);
  m.def("taken", &taken);
  m.def("settled", &settled);
}
