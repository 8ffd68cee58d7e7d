// CopyProduct with the AWS SDK for JavaScript.
import { CopyProductCommand, ServiceCatalogClient } from "@aws-sdk/client-service-catalog";

const catalog = new ServiceCatalogClient();

export async function handle({ SourceProductArn, IdempotencyToken }) {
  const { CopyProductToken } = await catalog.send(
    new CopyProductCommand({ SourceProductArn, IdempotencyToken }),
  );
  return { CopyProductToken };
}
