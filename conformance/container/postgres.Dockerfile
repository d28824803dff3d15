# A PostgreSQL image for tests, made from the binaries that npm installed, where no registry can be reached.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}
COPY native /opt/postgres
RUN mkdir /data && chown 1000:1000 /data
USER 1000:1000
RUN /opt/postgres/bin/initdb -D /data -U postgres -A trust -E UTF8 --locale=C && \
    echo "host all all all trust" >> /data/pg_hba.conf
EXPOSE 5432
CMD ["/opt/postgres/bin/postgres", "-D", "/data", "-c", "listen_addresses=*", "-c", "unix_socket_directories=/tmp", "-c", "max_connections=200"]
