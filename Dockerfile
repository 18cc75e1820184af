# One image for every process; compose.yaml shows which command each runs.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app

# PyTorch's default Linux wheels bring CUDA (about 6 GB). For CPUs only, name PyTorch's CPU index:
#   docker build --build-arg PIP_EXTRA_INDEX_URL=... .
ARG PIP_EXTRA_INDEX_URL=""
COPY requirements.txt constraints.txt ./
RUN PIP_EXTRA_INDEX_URL="$PIP_EXTRA_INDEX_URL" pip install -r requirements.txt -c constraints.txt

RUN useradd --system --no-create-home --shell /usr/sbin/nologin bopis && mkdir /app/var && chown bopis /app/var
COPY manage.py ./
COPY bopis bopis
COPY orders orders
COPY arrivals arrivals
COPY vision vision
COPY geofence geofence
COPY notifications notifications
COPY templates templates
COPY static static
COPY locale locale

# Production settings, with throwaway values that only this step sees: it names files by their hashes.
RUN key="$(python -c 'import base64; print(base64.b64encode(bytes(32)).decode())')" \
    && BOPIS_ENV=production BOPIS_SECRET_KEY=build BOPIS_KEYS="build:$key" BOPIS_HASH_KEY="$key" \
       BOPIS_PUBLIC_URL=https://build.invalid BOPIS_FROM_EMAIL=build@build.invalid \
       BOPIS_EMAIL_URL=smtp://build.invalid DATABASE_URL=postgresql://build/build REDIS_URL=redis://build/0 \
       python manage.py collectstatic --noinput

USER bopis
ENV BOPIS_ENV=production
EXPOSE 8000
CMD ["uvicorn", "bopis.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--lifespan", "off"]
