/* Stands in for NVIDIA's header, which needs the package nvidia-cuda-cccl: cuBLAS's declarations only name the type. */
#pragma once
struct __half;
