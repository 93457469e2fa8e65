/* Stands in for NVIDIA's header, which needs the package nvidia-cuda-cccl: NCCL's header names no type of it in C. */
#pragma once
