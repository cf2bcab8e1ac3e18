"""Transport over real Apache Kafka, and a real Kafka where there is no cluster.

The only package that imports aiokafka.
"""

from corvus_adapters.kafka.settings import KafkaSettings
from corvus_adapters.kafka.transport import KafkaTransport

__all__ = ["KafkaSettings", "KafkaTransport"]
